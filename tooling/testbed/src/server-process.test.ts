import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { answersHttp, type ServerCommand, startServer } from "./server-process.ts";

/** A server in a process of its own that has a child, prints `ENDPOINT CHILD-PID`, and ends when its standard input does. */
const program = `
  const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const server = require("node:http").createServer((_, response) => response.end("ready"));
  server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port + " " + child.pid));
  process.stdin.resume().on("end", () => { child.kill("SIGKILL"); process.exit(); });
`;

function aServer(overrides: Partial<ServerCommand> = {}): ServerCommand & { childPid(): number } {
  let childPid = 0;
  return {
    name: "the server",
    command: [process.execPath, "-e", program],
    endpointIn(line) {
      const [endpoint, pid] = line.split(" ");
      childPid = Number(pid);
      return endpoint;
    },
    isReady: answersHttp("/"),
    startTimeoutMs: 30_000,
    childPid: () => childPid,
    ...overrides,
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Polled for, because the end of another process is no event of this one; the test's own limit bounds it. */
async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

describe("startServer", () => {
  test("answers when it is ready, and stop ends it with all that it started", async () => {
    const settings = aServer();
    const server = await startServer(settings);
    expect(await (await fetch(server.endpoint)).text()).toBe("ready");
    expect(isAlive(settings.childPid())).toBe(true);
    await server.stop();
    await server.stop();
    await untilGone(server.pid);
    await untilGone(settings.childPid());
    await expect(fetch(server.endpoint)).rejects.toThrow();
  });

  test("what a server started that ends by itself goes with it", async () => {
    const settings = aServer();
    const server = await startServer(settings);
    process.kill(server.pid, "SIGKILL");
    await server.ended;
    await untilGone(settings.childPid());
    await server.stop();
  });

  test("says in its error how a server that ends at once took its leave", async () => {
    const command = [process.execPath, "-e", "console.error('the port is taken'); process.exit(3)"] as const;
    await expect(startServer(aServer({ command }))).rejects.toThrow(/did not start: it ended.*the port is taken/);
  });

  test("says so when the program is missing", async () => {
    await expect(startServer(aServer({ command: ["/nowhere/server"] }))).rejects.toThrow(/ENOENT/);
  });

  test("ends a server that is not ready in time", async () => {
    const command = [process.execPath, "-e", "console.log(''); process.stdin.resume()"] as const;
    await expect(startServer(aServer({ command, endpointIn: () => undefined, startTimeoutMs: 1 }))).rejects.toThrow(
      /not ready within 1 ms/,
    );
  });

  test.each(["SIGINT", "SIGTERM", "SIGKILL", "throw"])("the server goes with its starter: %s", async (way) => {
    const module = fileURLToPath(new URL("./server-process.ts", import.meta.url));
    const starter = `
      import { answersHttp, startServer } from ${JSON.stringify(module)};
      let childPid;
      const server = await startServer({
        name: "the server", command: [process.execPath, "-e", ${JSON.stringify(program)}], isReady: answersHttp("/"), startTimeoutMs: 30_000,
        endpointIn(line) { childPid = line.split(" ")[1]; return line.split(" ")[0]; },
      });
      console.log(server.pid + " " + childPid);
      process.stdin.once("data", () => { throw new Error("uncaught"); });
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", starter], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const [server = 0, grandchild = 0] = line.split(" ").map(Number);
    expect(isAlive(server)).toBe(true);
    if (way === "throw") child.stdin.write("now\n");
    else child.kill(way as NodeJS.Signals);
    await once(child, "exit");
    await untilGone(server);
    await untilGone(grandchild);
  });
});
