import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { onLeash } from "./leash.ts";

/** Says its process id, and that its standard input is at its end; runs for ever. */
const program = `
  process.stdin.resume().on("end", () => console.log(process.pid));
  setInterval(() => {}, 1000);
`;

async function started(): Promise<{ child: ChildProcess; pid: number }> {
  const [command, ...args] = onLeash([process.execPath, "-e", program]);
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"], detached: true });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, pid: Number(line) };
}

describe("a program on the leash", () => {
  test("has the process id that its starter sees, and nothing to read", async () => {
    const { child, pid } = await started();
    expect(pid).toBe(child.pid);
    child.kill("SIGKILL");
    await once(child, "close");
  });

  test("ends when its standard input does", async () => {
    const { child } = await started();
    child.stdin?.end();
    expect(await once(child, "close")).toEqual([null, "SIGKILL"]);
  });

  test("ends even while it is stopped", async () => {
    const { child, pid } = await started();
    process.kill(pid, "SIGSTOP");
    child.stdin?.end();
    expect(await once(child, "close")).toEqual([null, "SIGKILL"]);
  });

  test("leaves nobody behind when it ends by itself", async () => {
    const { child, pid } = await started();
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([null, "SIGTERM"]);
    // Its process group is empty as soon as the one beside it has seen the end of the pipe.
    const isThere = () => {
      try {
        return process.kill(-pid, 0);
      } catch {
        return false;
      }
    };
    while (isThere()) await new Promise((resolve) => setImmediate(resolve));
  });
});
