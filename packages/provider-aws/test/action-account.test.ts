import { background, type Provider } from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { createSandbox, type Fault, type Sandbox } from "@cloudlink/sandbox";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type PowerAction, powerOperations } from "../src/ec2/power-action.ts";
import { type AwsSettings, aws } from "../src/index.ts";
import { awsEnvironment } from "./aws-environment.ts";
import { failureOf } from "./failure.ts";
import { machinesOf } from "./machines.ts";
import { ACCOUNT, type CallSettings, callOf, leaseOf, OTHER_ACCOUNT, REGION, refOf } from "./provider-call.ts";

const ASKED = "sts:GetCallerIdentity";
const action = "GetCallerIdentity";

let clock: ManualClock;
let sandbox: Sandbox;
let environment: Disposable;
const opened: Provider[] = [];

beforeEach(async () => {
  environment = awsEnvironment();
  // The sandbox checks when requests were signed, which the SDK does by the machine's time.
  clock = createManualClock({ nowMs: Date.now() });
  sandbox = await createSandbox();
});
afterEach(async () => {
  for (const provider of opened.splice(0)) await provider.close();
  await sandbox.close();
  environment[Symbol.dispose]();
  vi.unstubAllEnvs();
});

function open(settings: AwsSettings = {}): Provider {
  const provider = aws({ endpoint: sandbox.endpoint, ...settings });
  opened.push(provider);
  return provider;
}

function underCall(settings: CallSettings = {}) {
  const keys = settings.lease === undefined ? { keys: sandbox.credentialsOf(ACCOUNT) } : {};
  return callOf({ ctx: background({ clock }), ...keys, ...settings });
}

async function act(
  provider: Provider,
  request: { id: string; call: ReturnType<typeof underCall>; action?: PowerAction; dryRun?: boolean },
) {
  const { id, call, action: name = "reboot", dryRun = false } = request;
  return await machinesOf(provider).act(call, { ref: refOf(id), action: name, dryRun, idempotencyKey: "key" });
}

const running = () => sandbox.instances.put({ state: "running" }).id;

describe("an action with another account's credentials", () => {
  it.each(Object.keys(powerOperations) as readonly PowerAction[])(
    "is refused before it is sent, and a trial of it too: %s",
    async (name) => {
      const state = name === "start" ? "stopped" : "running";
      // It is there for these credentials, and a ref of this account names it.
      const { id } = sandbox.instances.put({ account: OTHER_ACCOUNT, region: REGION, state });
      const provider = open();
      for (const dryRun of [false, true]) {
        const call = underCall({ keys: sandbox.credentialsOf(OTHER_ACCOUNT) });
        const error = await failureOf(act(provider, { id, call, action: name, dryRun }));
        expect(error).toMatchObject({
          code: "failed_precondition",
          reason: "ErrAccountMismatch",
          origin: "credentials",
          effect: "none",
        });
        expect(error.rawMessage).toContain(OTHER_ACCOUNT);
        expect(call.requests).toEqual([ASKED]);
      }
      expect(sandbox.actions.count()).toBe(0);
      expect(sandbox.requests.entries().map((entry) => entry.action)).toEqual([action, action]);
    },
  );
});

describe("whose the credentials are", () => {
  it("is asked once a lease, for actions at once too, and not where somebody has asked before", async () => {
    const provider = open({ regions: [REGION] });
    const lease = leaseOf({ keys: sandbox.credentialsOf(ACCOUNT) });
    await Promise.all(Array.from({ length: 20 }, () => act(provider, { id: running(), call: underCall({ lease }) })));
    await act(provider, { id: running(), call: underCall({ lease }), dryRun: true });
    expect(sandbox.requests.count({ action })).toBe(1);
    const known = leaseOf({ keys: sandbox.credentialsOf(ACCOUNT) });
    await provider.identify(underCall({ lease: known }));
    const call = underCall({ lease: known });
    await act(provider, { id: running(), call });
    expect(call.requests).toEqual(["ec2:RebootInstances"]);
    expect(sandbox.requests.count({ action })).toBe(2);
  });

  it.each<Fault>([
    { kind: "serverError" },
    { kind: "throttle" },
    { kind: "cut" },
    { kind: "brokenXml" },
    { kind: "error", status: 403, code: "AccessDenied" },
  ])("stops no action where it cannot be found out, and is asked again a minute later: %j", async (fault) => {
    const failing = sandbox.faults.add({ action, fault });
    const provider = open();
    const lease = leaseOf({ keys: sandbox.credentialsOf(ACCOUNT) });
    const id = running();
    for (const requests of [[ASKED, "ec2:RebootInstances"], ["ec2:RebootInstances"]]) {
      const call = underCall({ lease });
      expect(await act(provider, { id, call })).toEqual({ state: "done" });
      expect(call.requests).toEqual(requests);
    }
    expect(sandbox.actions.count({ instanceId: id })).toBe(2);
    failing.remove();
    clock.advance(60_000);
    const call = underCall({ lease });
    await act(provider, { id, call });
    expect(call.requests).toEqual([ASKED, "ec2:RebootInstances"]);
  });

  it("is waited for three seconds where STS is silent, and the action is sent then", async () => {
    sandbox.faults.add({ action, fault: { kind: "hang" } });
    const arrived = sandbox.nextRequest({ action });
    const id = running();
    const acted = act(open(), { id, call: underCall() });
    const asked = await arrived;
    clock.advance(3_000);
    expect(await acted).toEqual({ state: "done" });
    expect((await asked.finished).outcome).toBe("aborted");
    expect(sandbox.actions.count({ instanceId: id })).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it("keeps nobody who leaves: nothing was sent", async () => {
    sandbox.faults.add({ action, fault: { kind: "hang" } });
    const arrived = sandbox.nextRequest({ action });
    using ctx = background({ clock }).withCancel();
    const call = underCall({ ctx });
    const failure = failureOf(act(open(), { id: running(), call }));
    await arrived;
    ctx.cancel();
    expect(await failure).toMatchObject({ reason: "ErrCanceled", effect: "none" });
    expect(call.requests).toEqual([ASKED]);
  });

  it("is not asked without credentials, and the error is the action's", async () => {
    const call = callOf({ ctx: background({ clock }), parameters: { profile: "nobody" } });
    expect(await failureOf(act(open(), { id: running(), call }))).toMatchObject({
      reason: "ErrCredentialsMissing",
      operation: "ec2:RebootInstances",
      effect: "none",
    });
    expect(sandbox.requests.count()).toBe(0);
  });
});
