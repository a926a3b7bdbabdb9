import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

const main = join(import.meta.dirname, "../dist/main.js");

/** `pnpm start`, once it is built: its lines, and how it ends. */
function start(argv: readonly string[]) {
  const child = spawn(process.execPath, [main, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "close");
  return {
    child,
    ended,
    async until(form: RegExp): Promise<RegExpExecArray> {
      for await (const line of lines) {
        const match = form.exec(line);
        if (match !== null) return match;
      }
      throw new Error(`it ended without ${form}`);
    },
  };
}

test("it serves until Ctrl-C, and then ends with 0", async () => {
  const { child, ended, until } = start(["--port", "0", "--count", "50"]);
  const [, url] = await until(/Documentation to read and to try: (http:\S+)\/docs/);
  const page = await fetch(`${url}/v1/resources?kind=compute.VirtualMachine&account=111111111111&region=us-east-1`);
  expect(((await page.json()) as { items: unknown[] }).items.length).toBeGreaterThan(50);
  child.stdout.resume();
  child.kill("SIGINT");
  expect(await ended).toEqual([0, null]);
});

test("--once shows the tour and ends by itself", async () => {
  const { child, ended, until } = start(["--once"]);
  await until(/126 machines in .* by 6 vendor calls/);
  child.stdout.resume();
  expect(await ended).toEqual([0, null]);
});

test("a flag that it does not have is refused, in a line", async () => {
  const { child, ended } = start(["--nonsense"]);
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  expect(await ended).toEqual([1, null]);
  expect(said).toMatch(/^start: .*--nonsense.*\n$/);
});
