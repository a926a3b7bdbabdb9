import { type ActionState, background, type CloudLinkError, type Lease, type Provider } from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import {
  createSandbox,
  type Fault,
  type FaultRule,
  type InstanceStateName,
  type Sandbox,
  type SandboxSettings,
} from "@cloudlink/sandbox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PowerAction, powerOperations } from "../src/ec2/power-action.ts";
import { aws } from "../src/index.ts";
import { failureOf } from "./failure.ts";
import { machinesOf } from "./machines.ts";
import {
  ACCOUNT,
  type CallSettings,
  callOf,
  leaseOf,
  OTHER_ACCOUNT,
  REGION,
  refOf,
  type TestCall,
} from "./provider-call.ts";

const PENDING_MS = 20_000;
const STOPPING_MS = 40_000;

let clock: ManualClock;
let sandbox: Sandbox;
let provider: Provider;
let lease: Lease;

beforeEach(async () => {
  // The sandbox checks when requests were signed, which the SDK does by the machine's time.
  clock = createManualClock({ nowMs: Date.now() });
  await open({ transitions: { pendingMs: PENDING_MS, stoppingMs: STOPPING_MS }, staleMs: 500 });
});
afterEach(close);

async function open(settings: SandboxSettings): Promise<void> {
  sandbox = await createSandbox({ clock: { now: () => clock.nowMs() }, ...settings });
  provider = aws({ endpoint: sandbox.endpoint, regions: [REGION] });
  lease = leaseOf({ keys: sandbox.credentialsOf(ACCOUNT) });
  // Asked once a lease, before the first action: what becomes of the action's own request is what matters here.
  await provider.identify(underCall());
  sandbox.requests.clear();
}

async function close(): Promise<void> {
  await provider.close();
  await sandbox.close();
}

const actions: readonly PowerAction[] = ["start", "stop", "reboot"];

function put(state: InstanceStateName): string {
  return sandbox.instances.put({ state }).id;
}

/** An instance on which the action changes something. */
function possible(action: PowerAction): string {
  return put(action === "start" ? "stopped" : "running");
}

function underCall(settings: CallSettings = {}): TestCall {
  return callOf({ ctx: background({ clock }), ...(settings.keys === undefined && { lease }), ...settings });
}

async function act(
  action: string,
  { id, call = underCall(), dryRun = false }: { id: string; call?: TestCall; dryRun?: boolean },
): Promise<ActionState> {
  return await machinesOf(provider).act(call, { ref: refOf(id), action, dryRun, idempotencyKey: "key" });
}

async function follow(action: string, { id, state }: { id: string; state: ActionState }): Promise<ActionState> {
  if (state.state !== "running") throw new TypeError(`it is ${state.state}`);
  return await machinesOf(provider).follow(underCall(), { ref: refOf(id), action, token: state.token });
}

function running(acceptedAt: number, pollAfterMs: number, launchedAt?: number): ActionState {
  return { state: "running", token: JSON.stringify({ v: 1, acceptedAt, launchedAt }), pollAfterMs };
}

describe("an action", () => {
  it("starts what is stopped: it goes on until the instance runs, and is looked after less and less often", async () => {
    const id = put("stopped");
    const acceptedAt = clock.nowMs();
    const call = underCall();
    let state = await act("start", { id, call });
    expect(call.requests).toEqual(["ec2:StartInstances"]);
    // Half a second later EC2 shows it as stopped still.
    expect(state).toEqual(running(acceptedAt, 1_000));
    state = await follow("start", { id, state });
    expect(state).toEqual(running(acceptedAt, 1_000));
    clock.advance(15_000);
    state = await follow("start", { id, state });
    expect(state).toEqual(running(acceptedAt, 1_500, acceptedAt));
    clock.advance(5_000);
    expect(await follow("start", { id, state })).toEqual({ state: "done" });
    expect(sandbox.actions.count({ action: "StartInstances", instanceId: id })).toBe(1);
  });

  it("stops what runs, and says so for as long as EC2 takes", async () => {
    const id = put("running");
    let state = await act("stop", { id });
    clock.advance(STOPPING_MS - 1);
    state = await follow("stop", { id, state });
    expect(state).toMatchObject({ state: "running", pollAfterMs: 4_000 });
    clock.advance(1);
    expect(await follow("stop", { id, state })).toEqual({ state: "done" });
    expect(sandbox.actions.list({ instanceId: id })).toMatchObject([{ action: "StopInstances", force: false }]);
  });

  it("is done at once where the instance is there already, and where EC2 shows nothing of it", async () => {
    expect(await act("start", { id: put("running") })).toEqual({ state: "done" });
    expect(await act("stop", { id: put("stopped") })).toEqual({ state: "done" });
    const id = put("running");
    expect(await act("reboot", { id })).toEqual({ state: "done" });
    expect(sandbox.actions.count({ action: "RebootInstances", instanceId: id })).toBe(1);
  });

  it("joins one that goes on", async () => {
    expect(await act("start", { id: put("pending") })).toMatchObject({ state: "running" });
    expect(await act("stop", { id: put("stopping") })).toMatchObject({ state: "running" });
  });

  it.each(actions)("%s sends one request, whatever comes of it, and asks nobody else", async (action) => {
    const call = underCall();
    await act(action, { id: possible(action), call });
    sandbox.faults.add({ fault: { kind: "throttle" }, times: 1 });
    await failureOf(act(action, { id: possible(action), call }));
    expect(call.requests).toEqual([powerOperations[action], powerOperations[action]]);
    expect(sandbox.requests.count()).toBe(2);
  });

  it("is refused where EC2 has no such action, and no reboot is followed", async () => {
    const id = put("running");
    expect(await failureOf(act("hibernate", { id }))).toMatchObject({ reason: "ErrUnimplemented", effect: "none" });
    const token = JSON.stringify({ v: 1, acceptedAt: clock.nowMs() });
    const following = machinesOf(provider).follow(underCall(), { ref: refOf(id), action: "reboot", token });
    expect(await failureOf(following)).toMatchObject({ reason: "ErrInvalidOperationToken" });
    expect(sandbox.requests.count()).toBe(0);
  });

  it("asks nobody about a malformed id or a region of another partition", async () => {
    const call = underCall();
    expect(await failureOf(act("stop", { id: "i-1", call }))).toMatchObject({
      reason: "ErrInvalidResourceId",
      effect: "none",
    });
    const elsewhere = underCall({ region: "cn-north-1" });
    expect(await failureOf(act("stop", { id: put("running"), call: elsewhere }))).toMatchObject({
      reason: "ErrUnknownRegion",
      effect: "none",
    });
    expect([call.requests, elsewhere.requests]).toEqual([[], []]);
  });
});

describe("a trial", () => {
  it.each(actions)("of %s is allowed, and does nothing", async (action) => {
    const id = possible(action);
    const call = underCall();
    expect(await act(action, { id, call, dryRun: true })).toEqual({ state: "allowed" });
    expect(call.requests).toEqual([powerOperations[action]]);
    expect(sandbox.actions.count()).toBe(0);
  });

  it.each(actions)("of %s is denied, with who and what, where IAM does not allow it", async (action) => {
    const keys = { ...sandbox.credentialsOf(ACCOUNT), accessKeyId: `AKIA${ACCOUNT}DENY` };
    const error = await failureOf(act(action, { id: possible(action), call: underCall({ keys }), dryRun: true }));
    expect(error).toMatchObject({ reason: "ErrPermissionDenied", effect: "none", operation: powerOperations[action] });
    expect(error.rawMessage).toContain(powerOperations[action]);
  });

  it.each<Fault["kind"]>(["answerLost", "serverError", "cut"])(
    "does nothing, whatever becomes of its answer: %s",
    async (kind) => {
      sandbox.faults.add({ fault: { kind } as Fault });
      const error = await failureOf(act("reboot", { id: put("running"), dryRun: true }));
      expect(error).toMatchObject({ code: "unavailable", effect: "none" });
      expect(sandbox.actions.count()).toBe(0);
    },
  );
});

describe("an action that EC2 refuses does nothing", () => {
  it.each<[PowerAction, InstanceStateName]>([
    ["start", "stopping"],
    ["start", "terminated"],
    ["stop", "shutting-down"],
    ["reboot", "stopped"],
  ])("because of the state: %s of one that is %s", async (action, state) => {
    const error = await failureOf(act(action, { id: put(state) }));
    expect(error).toMatchObject({
      code: "failed_precondition",
      reason: "ErrInvalidState",
      effect: "none",
      retry: { retryable: false },
      details: { vendorCode: "IncorrectInstanceState" },
    });
    expect(error.rawMessage).toMatch(/^In its present state AWS refuses ec2:\w+Instances .* AWS says: .*not in/);
    expect(sandbox.actions.count()).toBe(0);
  });

  it.each<[Fault, object]>([
    [{ kind: "throttle" }, { reason: "ErrThrottled", details: { httpStatus: "503" } }],
    [
      { kind: "error", status: 500, code: "InsufficientInstanceCapacity" },
      { code: "resource_exhausted", reason: "aws.InsufficientInstanceCapacity" },
    ],
    [{ kind: "error", status: 400, code: "VcpuLimitExceeded" }, { reason: "ErrQuotaExhausted" }],
    [{ kind: "error", status: 400, code: "OperationNotPermitted" }, { reason: "aws.OperationNotPermitted" }],
    [{ kind: "error", status: 400, code: "RequestExpired" }, { reason: "ErrCredentialsExpired" }],
  ])("with %j", async (fault, expected) => {
    sandbox.faults.add({ fault });
    expect(await failureOf(act("start", { id: put("stopped") }))).toMatchObject({ effect: "none", ...expected });
    expect(sandbox.actions.count()).toBe(0);
  });

  it("to what is not there", async () => {
    const call = underCall();
    const absent = "i-0deadbeefdeadbeef";
    expect(await failureOf(act("stop", { id: absent, call }))).toMatchObject({
      reason: "ErrResourceNotFound",
      operation: "ec2:StopInstances",
      ref: refOf(absent).key,
      effect: "none",
    });
    expect(call.requests).toEqual(["ec2:StopInstances"]);
  });
});

describe("an action whose answer does not come", () => {
  it.each<[Omit<FaultRule, "times">, CloudLinkError["effect"], number]>([
    [{ fault: { kind: "answerLost" } }, "unknown", 1],
    [{ fault: { kind: "answerLost", how: "cutAfterStatus" } }, "unknown", 1],
    [{ fault: { kind: "answerLost", how: "serverError" } }, "unknown", 1],
    [{ fault: { kind: "serverError", status: 503 } }, "unknown", 0],
    [{ fault: { kind: "cut" }, when: "before" }, "unknown", 0],
    [{ fault: { kind: "answerLost", how: "cutAfterHeaders" } }, "done", 1],
    [{ fault: { kind: "cut" } }, "done", 1],
    [{ fault: { kind: "brokenXml" } }, "done", 1],
    [{ fault: { kind: "truncated" } }, "done", 1],
  ])("as it should (%j) says what is known: %s", async (rule, effect, carriedOut) => {
    for (const action of actions) {
      const id = possible(action);
      const fault = sandbox.faults.add(rule);
      const error = await failureOf(act(action, { id }));
      expect([action, error.effect]).toEqual([action, effect]);
      expect(sandbox.actions.count({ instanceId: id })).toBe(carriedOut);
      fault.remove();
    }
  });

  it.each(actions)("because its caller left is unknown: %s", async (action) => {
    const held = sandbox.faults.add({ fault: { kind: "hold" } });
    const arrived = sandbox.nextRequest();
    using ctx = background({ clock }).withCancel();
    const failure = failureOf(act(action, { id: possible(action), call: underCall({ ctx }) }));
    await arrived;
    ctx.cancel();
    expect(await failure).toMatchObject({ reason: "ErrCanceled", effect: "unknown" });
    held.remove();
  });

  it("because the provider was closed is unknown too", async () => {
    sandbox.faults.add({ fault: { kind: "hang" } });
    const arrived = sandbox.nextRequest();
    const failure = failureOf(act("stop", { id: put("running") }));
    await arrived;
    await provider.close();
    expect(await failure).toMatchObject({ reason: "ErrCanceled", effect: "unknown" });
  });
});

describe("what goes on", () => {
  it("is given up where EC2 takes a start back: nothing was done, and it says why", async () => {
    sandbox.faults.add({ fault: { kind: "startFails" } });
    const id = put("stopped");
    const state = await act("start", { id });
    clock.advance(PENDING_MS + 1_000);
    // It could be the state from before.
    expect(await follow("start", { id, state })).toMatchObject({ state: "running" });
    clock.advance(60_000);
    const error = await failureOf(follow("start", { id, state }));
    expect(error).toMatchObject({
      code: "aborted",
      reason: "ErrActionFailed",
      operation: "ec2:StartInstances",
      ref: refOf(id).key,
      effect: "none",
      retry: { retryable: false },
      details: { account: ACCOUNT, state: "stopped", vendorCode: "Server.InsufficientInstanceCapacity" },
    });
    expect(error.rawMessage).toContain("EC2 stopped it again (Server.InsufficientInstanceCapacity)");
  });

  it("is undone where EC2 stops what it had started, for another reason: it had been done", async () => {
    sandbox.faults.add({ fault: { kind: "startFails", reason: "Server.SpotInstanceShutdown" } });
    const id = put("stopped");
    const state = await act("start", { id });
    clock.advance(60_000);
    const error = await failureOf(follow("start", { id, state }));
    expect(error).toMatchObject({ effect: "done", details: { vendorCode: "Server.SpotInstanceShutdown" } });
  });

  it("is undone by whoever does the contrary: it had been done", async () => {
    const id = put("stopped");
    const state = await act("start", { id });
    clock.advance(PENDING_MS);
    await act("stop", { id });
    clock.advance(60_000);
    const error = await failureOf(follow("start", { id, state }));
    expect(error).toMatchObject({ reason: "ErrActionFailed", effect: "done", details: { state: "stopped" } });
  });

  it("is undone by a termination, at once and when EC2 shows the instance no longer", async () => {
    const id = put("running");
    const state = await act("stop", { id });
    sandbox.instances.remove(id);
    // Not shown as yet, for all that anybody knows.
    expect(await follow("stop", { id, state })).toMatchObject({ state: "running" });
    clock.advance(60_000);
    const gone = await failureOf(follow("stop", { id, state }));
    expect(gone).toMatchObject({ reason: "ErrActionFailed", effect: "done" });
    expect(gone.rawMessage).toContain("EC2 no longer shows it");
    const dying = put("terminated");
    expect(await failureOf(follow("stop", { id: dying, state }))).toMatchObject({ effect: "done" });
  });

  it("was accepted, whatever keeps one from looking", async () => {
    const id = put("running");
    const state = await act("stop", { id });
    for (const kind of ["throttle", "serverError", "cut", "brokenXml"] as const) {
      const fault = sandbox.faults.add({ fault: { kind } });
      const error = await failureOf(follow("stop", { id, state }));
      expect(error).toMatchObject({ effect: "done", operation: "ec2:DescribeInstances" });
      fault.remove();
    }
  });

  it("is not seen with another account's credentials, which is no end of it", async () => {
    const id = put("running");
    const state = await act("stop", { id });
    if (state.state !== "running") throw new TypeError("it does not go on");
    clock.advance(60_000);
    const call = underCall({ keys: sandbox.credentialsOf(OTHER_ACCOUNT) });
    const failure = failureOf(
      machinesOf(provider).follow(call, { ref: refOf(id), action: "stop", token: state.token }),
    );
    expect(await failure).toMatchObject({ reason: "ErrAccountMismatch", effect: "done" });
  });

  it.each<[PowerAction, PowerAction]>([
    ["start", "stop"],
    ["stop", "start"],
  ])(
    "is not done by the state that EC2 shows from before the action before it: %s after %s",
    async (action, before) => {
      await close();
      await open({ transitions: { pendingMs: 0, stoppingMs: 0 }, staleMs: 5_000 });
      const target = action === "start" ? "running" : "stopped";
      const id = put(target);
      await act(before, { id });
      clock.advance(1_000);
      let state = await act(action, { id });
      const shown = await machinesOf(provider).get(underCall(), { ref: refOf(id), view: "standard", native: false });
      expect(shown.value.powerState).toBe(target);
      state = await follow(action, { id, state });
      expect(state).toMatchObject({ state: "running" });
      clock.advance(5_000);
      expect(await follow(action, { id, state })).toEqual({ state: "done" });
    },
  );

  it.each<[PowerAction, InstanceStateName, number]>([
    ["start", "stopped", PENDING_MS],
    ["stop", "running", STOPPING_MS],
  ])("is done as soon as EC2 shows it, by whatever clock it was accepted: %s", async (action, from, takesMs) => {
    const id = put(from);
    await act(action, { id });
    clock.advance(1_000);
    // Two minutes ahead, or behind those of an action that it joined.
    const state = await follow(action, { id, state: running(clock.nowMs() + 120_000, 1_000) });
    clock.advance(takesMs);
    expect(await follow(action, { id, state })).toEqual({ state: "done" });
  });

  it("is as old as it is here where another process's clock is ahead", async () => {
    const id = put("running");
    const state = running(clock.nowMs() + 3_600_000, 1_000);
    await act("stop", { id });
    expect(await follow("stop", { id, state })).toEqual(state);
  });
});
