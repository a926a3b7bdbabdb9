import { background } from "@cloudlink/core";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../test/failure.ts";
import { ACCOUNT, callOf, leaseOf, OTHER_ACCOUNT, REGION } from "../test/provider-call.ts";
import { createSessions, type Sessions } from "./sessions.ts";

let sandbox: Sandbox;
let sessions: Sessions;

beforeAll(async () => {
  sandbox = await createSandbox();
});
afterAll(async () => await sandbox.close());
beforeEach(() => {
  sessions = createSessions({ endpoint: sandbox.endpoint });
  sandbox.requests.clear();
});
afterEach(() => {
  sandbox.faults.clear();
  sessions.close();
});

const leaseOfKeys = () => leaseOf({ keys: sandbox.credentialsOf(OTHER_ACCOUNT) });

describe("the identity of a lease", () => {
  it("is asked once, by callers at once and one after another, and for each lease", async () => {
    const lease = leaseOfKeys();
    const calls = [callOf({ lease }), callOf({ lease }), callOf({ lease })];
    const identities = await Promise.all(calls.map((call) => sessions.identity(call, REGION)));
    expect(identities.map(({ account }) => account)).toEqual([OTHER_ACCOUNT, OTHER_ACCOUNT, OTHER_ACCOUNT]);
    expect(calls.map(({ requests }) => requests.length)).toEqual([1, 0, 0]);
    await sessions.identity(callOf({ lease }), "eu-west-1");
    expect(sandbox.requests.count()).toBe(1);
    await sessions.identity(callOf({ keys: sandbox.credentialsOf(ACCOUNT) }), REGION);
    expect(sandbox.requests.count()).toBe(2);
  });

  it("is found out by a caller for itself where another's asking was canceled", async () => {
    const lease = leaseOfKeys();
    const held = sandbox.faults.add({ times: 1, fault: { kind: "hold" } });
    const arrived = sandbox.nextRequest();
    using impatient = background().withCancel();
    const left = failureOf(sessions.identity(callOf({ lease, ctx: impatient }), REGION));
    const stayed = sessions.identity(callOf({ lease }), REGION);
    await arrived;
    impatient.cancel();
    expect((await left).reason).toBe("ErrCanceled");
    expect((await stayed).account).toBe(OTHER_ACCOUNT);
    expect(sandbox.requests.count()).toBe(2);
    held.remove();
  });

  it("is waited for by each caller as long as its own call lasts", async () => {
    const lease = leaseOfKeys();
    const held = sandbox.faults.add({ fault: { kind: "hold" } });
    const arrived = sandbox.nextRequest();
    const first = sessions.identity(callOf({ lease }), REGION);
    using impatient = background().withCancel();
    const second = failureOf(sessions.identity(callOf({ lease, ctx: impatient }), REGION));
    await arrived;
    impatient.cancel();
    expect((await second).reason).toBe("ErrCanceled");
    held.remove();
    expect((await first).account).toBe(OTHER_ACCOUNT);
    expect(sandbox.requests.count()).toBe(1);
  });

  it("that could not be found out is asked for again", async () => {
    const lease = leaseOfKeys();
    sandbox.faults.add({ times: 1, fault: { kind: "serverError" } });
    expect((await failureOf(sessions.identity(callOf({ lease }), REGION))).reason).toBe("ErrVendorUnavailable");
    expect((await sessions.identity(callOf({ lease }), REGION)).account).toBe(OTHER_ACCOUNT);
  });
});

describe("the sessions of a lease", () => {
  it("are one a region, and none of another lease's", async () => {
    const seen = new Set<unknown>();
    const sessionIn = async (call: ReturnType<typeof callOf>, region: string) =>
      await sessions.run(call, { operation: "test", region, send: async (session) => seen.add(session) });
    const call = callOf({ lease: leaseOfKeys() });
    await sessionIn(call, REGION);
    await sessionIn(call, REGION);
    expect(seen.size).toBe(1);
    await sessionIn(call, "eu-west-1");
    await sessionIn(callOf({ lease: leaseOfKeys() }), REGION);
    expect(seen.size).toBe(3);
  });
});
