import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";

const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** Node strips the types itself: the program runs from its source. */
function start(...args: string[]) {
  const child = spawn(process.execPath, ["--no-warnings", "main.ts", ...args], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  const exited = once(child, "exit").then(([code]: unknown[]) => code);
  return { child, exited, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

async function errorOf(...args: string[]): Promise<{ code: unknown; message: string }> {
  const { child, exited } = start(...args);
  let message = "";
  child.stderr.on("data", (chunk: Buffer) => {
    message += chunk.toString();
  });
  return { code: await exited, message };
}

describe("cloudlink-sandbox", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "says in one line of JSON that it is ready, and ends with 0 on %s",
    async (signal) => {
      const { child, exited, lines } = start("--port", "0", "--count", "50", "--ready-json");
      const ready = JSON.parse((await lines.next()).value ?? "{}");
      expect(ready).toMatchObject({
        endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        accounts: [{ id: "111111111111" }, {}, {}],
      });
      const response = await fetch(`${ready.endpoint}/_sandbox/instances`);
      expect(await response.json()).toMatchObject({ instances: expect.objectContaining({ length: 176 }) });
      child.kill(signal);
      expect(await exited).toBe(0);
    },
  );

  it("tells a person the endpoint, the keys and the line to try", async () => {
    const { child, exited, lines } = start("--port", "0");
    const text: string[] = [];
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      text.push(line.value);
      if (line.value.startsWith("Ctrl-C")) child.kill("SIGTERM");
    }
    expect(await exited).toBe(0);
    expect(text.join("\n")).toMatch(
      /AWS_ACCESS_KEY_ID=AKIA111111111111DEMO .*\n[\s\S]*npx -y pnpm@10 cloudlink list --endpoint http:\/\/127/,
    );
  });

  it("refuses flags it cannot use, and a port that is taken", async () => {
    expect(await errorOf("--count", "many")).toMatchObject({
      code: 1,
      message: expect.stringContaining("give a whole number"),
    });
    expect(await errorOf("--nonsense")).toMatchObject({ code: 1, message: expect.stringContaining("--nonsense") });
    const { lines } = start("--port", "0", "--ready-json");
    const { endpoint } = JSON.parse((await lines.next()).value ?? "{}");
    expect(await errorOf("--port", new URL(endpoint).port)).toMatchObject({
      code: 1,
      message: expect.stringContaining("--port"),
    });
  });
});
