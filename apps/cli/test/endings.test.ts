import { describe, expect, test } from "vitest";
import { machine, refOf } from "./fake-provider.ts";
import { capture, runInProcess } from "./in-process.ts";

const machines = [machine("i-1"), machine("i-2"), machine("i-3")];
const cloud = { machines };

describe("Ctrl-C", () => {
  test("cancels a get that waits for the vendor: exit code 130", async () => {
    const interrupt = new AbortController();
    let aborted = false;
    const waiting = {
      machines,
      beforeGet: ({ ctx }: { ctx: { signal: AbortSignal } }) => {
        const { promise, reject } = Promise.withResolvers<void>();
        ctx.signal.addEventListener("abort", () => {
          aborted = true;
          reject(ctx.signal.reason);
        });
        interrupt.abort();
        return promise;
      },
    };
    const { exitCode, stdout, stderr } = await runInProcess(["get", refOf("i-1")], {
      cloud: waiting,
      interrupt: interrupt.signal,
    });
    expect({ exitCode, stdout, aborted }).toEqual({ exitCode: 130, stdout: "", aborted: true });
    expect(stderr).toContain("canceled (ErrCanceled)");
  });

  test("before the first row of a list prints the summary all the same", async () => {
    const interrupt = new AbortController();
    const waiting = {
      machines,
      beforeIdentify: () => {
        interrupt.abort();
        return Promise.withResolvers<void>().promise;
      },
    };
    const run = { cloud: waiting, interrupt: interrupt.signal };
    const { exitCode, stderr } = await runInProcess(["list"], run);
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/^0 rows, .*trace [0-9a-f]{32}$/m);
  });

  test("is not SIGTERM, which exits with 143, in a get and in a list", async () => {
    for (const argv of [["get", refOf("i-1")], ["get", refOf("i-1"), refOf("i-2")], ["list"]]) {
      const interrupt = new AbortController();
      interrupt.abort("SIGTERM");
      const { exitCode, stderr } = await runInProcess(argv, { cloud, interrupt: interrupt.signal });
      expect(exitCode).toBe(143);
      expect(stderr).toMatch(/exit code +143$/m);
    }
  });

  test("in a list leaves a whole document of the rows that had come", async () => {
    const interrupt = new AbortController();
    const stdout = capture({ onWrite: () => interrupt.abort() });
    const { promise: never } = Promise.withResolvers<void>();
    const held = { machines, pageSize: 2, beforeNextPage: () => never };
    const { exitCode, stderr } = await runInProcess(["list", "--json"], {
      cloud: held,
      stdout,
      interrupt: interrupt.signal,
    });
    expect(exitCode).toBe(130);
    const document = JSON.parse(stdout.text());
    expect(document.items).toHaveLength(2);
    expect(document.error).toMatchObject({ code: "canceled" });
    const lines = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => Object.keys(line)[0])).toEqual(["error", "summary"]);
  });
});

test("a reader that goes away ends a list quietly, and the vendor's calls with it", async () => {
  const stdout = capture({
    onWrite: () => stdout.stream.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
  });
  const { promise: never } = Promise.withResolvers<void>();
  const held = { machines, pageSize: 1, beforeNextPage: () => never };
  const { exitCode, stderr } = await runInProcess(["list", "-o", "jsonl"], { cloud: held, stdout });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});

test("a reader that goes away while the vendor is waited for ends the wait", async () => {
  const stdout = capture();
  let aborted = false;
  const held = {
    machines,
    pageSize: 1,
    beforeNextPage: ({ ctx }: { ctx: { signal: AbortSignal } }) => {
      const { promise, reject } = Promise.withResolvers<void>();
      ctx.signal.addEventListener("abort", () => {
        aborted = true;
        reject(ctx.signal.reason);
      });
      stdout.stream.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
      return promise;
    },
  };
  const { exitCode, stderr } = await runInProcess(["list", "-o", "jsonl"], { cloud: held, stdout });
  expect({ exitCode, stderr, aborted }).toEqual({ exitCode: 0, stderr: "", aborted: true });
});

describe("an output that cannot be written", () => {
  const full = () =>
    capture({ failure: Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }) });

  test.each([
    [["list", "-o", "json"]],
    [["list"]],
    [["get", refOf("i-1")]],
    [["kinds"]],
    [["describe", "virtualmachine"]],
    [["--help"]],
    [["help", "exit-codes"]],
  ])("%j says so, and exits with 1", async (argv) => {
    const { exitCode, stderr } = await runInProcess(argv, { cloud, stdout: full() });
    expect(exitCode).toBe(1);
    expect(stderr.match(/could not be written \(ENOSPC\)/g)).toHaveLength(1);
    expect(stderr).not.toMatch(/report|rows/);
  });
});

test("a deadline that passed is named with its length, once", async () => {
  const hung = { machines, beforeGet: () => Promise.withResolvers<void>().promise };
  const { exitCode, stderr } = await runInProcess(["get", refOf("i-1"), "--timeout", "1ms"], { cloud: hung });
  expect(exitCode).toBe(8);
  expect(stderr).toMatch(/^ {2}limit +1ms \(--timeout\)$/m);
  expect(stderr.match(/more time/g)).toHaveLength(1);
});
