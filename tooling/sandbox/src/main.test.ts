import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { signedHeaders } from "./test-support.ts";

const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** Node strips the types itself: the program runs from its source. */
function start(...args: string[]) {
  return startProgram("main.ts", ...args);
}

function startProgram(program: string, ...args: string[]) {
  const child = spawn(process.execPath, ["--no-warnings", program, ...args], {
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

describe("the program", () => {
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

  it.each([
    [["--count", "many"], "--count many: give a whole number from 0 to 1000000"],
    [["--count", "1e3"], "--count 1e3: give a whole number"],
    [["--port", "65536"], "--port 65536: give a whole number from 0 to 65535"],
    [["--port="], "--port : give a whole number"],
    [["--limits", "some"], "--limits some: give published or off"],
    [["--nonsense"], "Unknown option '--nonsense'"],
    [["4599"], "Unexpected argument '4599'"],
    [["--seed"], "Option '--seed <value>' argument missing"],
  ])("called with %j it says in one line what is wrong and ends with 2", async (args, message) => {
    const error = await errorOf(...args);
    expect(error).toEqual({ code: 2, message: expect.stringContaining(message) });
    expect(error.message).toMatch(/^sandbox: .* \(sandbox --help lists the options\)\n$/);
  });

  it("ends with 1 and one line when its port is taken", async () => {
    const { lines } = start("--port", "0", "--ready-json");
    const { endpoint } = JSON.parse((await lines.next()).value ?? "{}");
    const { code, message } = await errorOf("--port", new URL(endpoint).port);
    expect(code).toBe(1);
    expect(message).toMatch(/^sandbox: listen EADDRINUSE: .*: choose another port with --port, or 0 for a free one\n$/);
  });

  it.each<[program: string, args: string[], limits: string, status: number]>([
    ["main.ts", [], "off", 400],
    ["main.ts", ["--limits", "published"], "published", 503],
    ["cloudlink-sandbox.ts", [], "published", 503],
    ["cloudlink-sandbox.ts", ["--limits", "off"], "off", 400],
  ])("%s %j has limits %s", async (program, args, _limits, worst) => {
    const { child, exited, lines } = startProgram(program, "--port", "0", "--ready-json", ...args);
    const { endpoint, accounts } = JSON.parse((await lines.next()).value ?? "{}");
    // Names no instance, which is a 400; the limit, 5 at once and 2 a second, comes first.
    const body = "Action=StartInstances";
    const port = Number(new URL(endpoint).port);
    const headers = signedHeaders({ port }, { credentials: accounts[0].accessKeys[0], body });
    const ask = async () => (await fetch(endpoint, { method: "POST", headers, body })).status;
    const statuses = await Promise.all(Array.from({ length: 40 }, ask));
    expect(Math.max(...statuses)).toBe(worst);
    expect(Math.min(...statuses)).toBe(400);
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
  });

  it("--help lists every option and ends with 0", async () => {
    for (const program of ["main.ts", "cloudlink-sandbox.ts"]) {
      const { exited, lines } = startProgram(program, "--help");
      const text: string[] = [];
      for (let line = await lines.next(); !line.done; line = await lines.next()) text.push(line.value);
      for (const option of ["port", "count", "seed", "limits", "indented", "ready-json", "help"]) {
        expect(text.join("\n")).toContain(`  --${option} `);
      }
      expect(await exited).toBe(0);
    }
  });
});
