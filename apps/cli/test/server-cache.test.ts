import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ACCOUNT, REGION, runCommand, type ShellHarness } from "./harness.ts";
import { startCachingServerHarness } from "./server-harness.ts";

const id = "i-0000000000000000a";
const arn = `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${id}`;
const calls = { action: "DescribeInstances" };

let harness: ShellHarness;
beforeAll(async () => {
  harness = await startCachingServerHarness({ instances: [], transitions: { pendingMs: 0, stoppingMs: 0 } });
});
beforeEach(async () => {
  harness.sandbox.instances.put({ id, account: ACCOUNT, region: REGION, state: "running", tags: { team: "a" } });
  await run(["cache", "invalidate", "--all"]);
  harness.sandbox.requests.clear();
});
afterAll(() => harness[Symbol.asyncDispose]());

/** Each is a process of its own: what one has seen, the next finds at the server. */
const run = (argv: readonly string[]) => runCommand(harness, argv);

async function json(argv: readonly string[]) {
  const { exitCode, stdout, stderr } = await run([...argv, "--json"]);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout);
}

test("what one command has seen answers the next, and the vendor is not called for it", async () => {
  expect(await json(["get", arn, "--max-age", "1h"])).toMatchObject({ freshness: { source: "live" } });
  expect(await json(["get", arn, "--max-age", "1h"])).toMatchObject({
    freshness: { source: "memory", refreshing: false },
    stats: { vendorCalls: 0, savedCalls: 1 },
  });
  expect(harness.sandbox.requests.count(calls)).toBe(1);
  expect(await json(["get", arn, "--live"])).toMatchObject({ freshness: { source: "live" } });
  expect(harness.sandbox.requests.count(calls)).toBe(2);
});

test("a list that is young enough costs no vendor call, and says what it saved", async () => {
  await run(["list", "--live"]);
  const { stdout, stderr } = await run(["list", "--max-age", "1h", "-o", "wide"]);
  expect(stderr).toMatch(/^1 row, 0 vendor calls, 1 saved, /);
  expect(stdout).toMatch(/ AGE +SOURCE\n.* memory\n$/);
  expect(harness.sandbox.requests.count(calls)).toBe(1);
});

test("after an action nothing older answers, and what is waited for is asked live", async () => {
  await run(["get", arn]);
  expect((await run(["stop", arn, "--yes", "--wait"])).exitCode).toBe(0);
  expect(await json(["get", arn, "--max-age", "1h"])).toMatchObject({ value: { powerState: "stopped" } });
  // Behind the server's back: the kept state is not the one that is there.
  harness.sandbox.instances.put({ id, account: ACCOUNT, region: REGION, state: "running" });
  const waited = await json(["wait", "--for", "powerState=running", arn, "--timeout", "20s"]);
  expect(waited).toMatchObject({ value: { powerState: "running" }, freshness: { source: "live" } });
});

test("what a server keeps can be looked at without a vendor call, and be forgotten", async () => {
  await run(["get", arn]);
  harness.sandbox.requests.clear();
  const { items } = await json(["cache", "get", arn]);
  expect(items).toMatchObject([{ value: { id }, view: "standard", freshness: { source: "memory" } }]);
  const before = await json(["cache", "stats"]);
  expect(before.entries).toBe(1);
  expect(before.outcomes.miss).toBeGreaterThan(0);
  expect(await json(["cache", "invalidate", "--tag", "team=b"])).toMatchObject({ invalidated: 0 });
  expect(await json(["cache", "invalidate", "--tag", "team=a", "--kind", "virtualmachine"])).toMatchObject({
    invalidated: 1,
  });
  expect((await json(["cache", "get", arn])).items).toEqual([]);
  expect(harness.sandbox.requests.count()).toBe(0);
});

test("describe tells of the server's kinds how old their answers may be", async () => {
  expect((await run(["describe", "virtualmachine"])).stdout).toContain("10.0s; 2.0s where powerState is starting, ");
});
