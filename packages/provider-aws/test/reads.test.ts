import { background, CloudLinkError, type Provider } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aws } from "../src/index.ts";
import { failureOf } from "./failure.ts";
import { machinesOf } from "./machines.ts";
import { ACCOUNT, callOf, leaseOf, OTHER_ACCOUNT, REGION, refOf } from "./provider-call.ts";

let sandbox: Sandbox;
let provider: Provider;
let fleet: string[];

const ABSENT = "i-0aaaaaaaaaaaaaaaa";

beforeAll(async () => {
  sandbox = await createSandbox({ population: true, fleet: { account: ACCOUNT, region: "eu-west-3", count: 230 } });
  provider = aws({ endpoint: sandbox.endpoint });
  fleet = sandbox.instances.list({ account: ACCOUNT, region: "eu-west-3" }).map(({ id }) => id);
});
afterAll(async () => {
  await provider.close();
  await sandbox.close();
});
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.requests.clear();
});

function keys(account = ACCOUNT) {
  return { keys: sandbox.credentialsOf(account) };
}

function idsHere(): string[] {
  return sandbox.instances.list({ account: ACCOUNT, region: REGION }).map(({ id }) => id);
}

describe("get", () => {
  it("gives the state as EC2 has it now, under one request", async () => {
    const [id = ""] = idsHere();
    const truth = sandbox.instances.setState(id, "stopping");
    const call = callOf(keys());
    const seen = await machinesOf(provider).get(call, { ref: refOf(id), view: "standard", native: false });
    expect(seen).toMatchObject({
      ref: refOf(id),
      view: "standard",
      value: {
        id,
        powerState: "stopping",
        rawState: "stopping",
        placement: { region: REGION, zone: truth.availabilityZone, network: truth.vpcId },
        size: { name: truth.instanceType },
        tags: truth.tags,
      },
    });
    expect(seen.value).not.toHaveProperty("health");
    expect(seen).not.toHaveProperty("native");
    expect(call.requests).toEqual(["ec2:DescribeInstances"]);
    expect(sandbox.requests.count()).toBe(1);
  });

  it("has the instant at which the request was sent as observedAt, on the context's clock", async () => {
    const clock = createManualClock();
    const held = sandbox.faults.add({ fault: { kind: "hold" } });
    const call = callOf({ ...keys(), ctx: background({ clock }) });
    const arrived = sandbox.nextRequest();
    const [id = ""] = idsHere();
    const sentAt = clock.nowMs();
    const answer = machinesOf(provider).get(call, { ref: refOf(id), view: "standard", native: false });
    await arrived;
    clock.advance(700);
    held.remove();
    expect((await answer).observedAt).toBe(sentAt);
    expect(clock.pendingTimers).toBe(0);
  });

  it("gives EC2's own body where it is asked for", async () => {
    const [id = ""] = idsHere();
    const seen = await machinesOf(provider).get(callOf(keys()), { ref: refOf(id), view: "standard", native: true });
    const plain = await machinesOf(provider).get(callOf(keys()), { ref: refOf(id), view: "standard", native: false });
    expect(seen.native).toMatchObject({ InstanceId: id, Placement: { AvailabilityZone: seen.value.placement.zone } });
    expect(seen.value).toEqual(plain.value);
  });

  it("adds the health checks in the view health, by a second request", async () => {
    const { id } = sandbox.instances.put({ state: "running", statusCheck: "impaired" });
    const call = callOf(keys());
    const seen = await machinesOf(provider).get(call, { ref: refOf(id), view: "health", native: false });
    expect(seen).toMatchObject({ view: "health", value: { health: "impaired" } });
    expect(call.requests).toEqual(["ec2:DescribeInstances", "ec2:DescribeInstanceStatus"]);
    sandbox.instances.setState(id, "stopped");
    const stopped = await machinesOf(provider).get(callOf(keys()), { ref: refOf(id), view: "health", native: false });
    expect(stopped.value.health).toBe("not-applicable");
    sandbox.instances.remove(id);
  });

  it("knows nothing of the health of an instance that goes away between the two requests", async () => {
    const [id = ""] = idsHere();
    sandbox.faults.add({
      action: "DescribeInstanceStatus",
      fault: { kind: "error", status: 400, code: "InvalidInstanceID.NotFound" },
    });
    const seen = await machinesOf(provider).get(callOf(keys()), { ref: refOf(id), view: "health", native: false });
    expect(seen.value.health).toBe("unknown");
  });

  it("says that an absent instance is not found", async () => {
    const error = await failureOf(
      machinesOf(provider).get(callOf(keys()), { ref: refOf(ABSENT), view: "standard", native: false }),
    );
    expect(error).toMatchObject({
      code: "not_found",
      reason: "ErrResourceNotFound",
      origin: "vendor",
      provider: "aws",
    });
    expect(error).toMatchObject({ operation: "ec2:DescribeInstances", ref: refOf(ABSENT).key });
    expect(error.rawMessage).toContain(ABSENT);
  });

  it.each([
    "",
    "i-",
    "i-0123",
    "i-0123456789ABCDEF0",
    "vol-0123456789abcdef0",
    "i-0123456789abcdef0*",
    "x".repeat(300),
  ])("refuses the id %j without asking EC2", async (id) => {
    // An empty id is no ref at all.
    const ref = { ...refOf(ABSENT), id };
    const call = callOf(keys());
    const error = await failureOf(machinesOf(provider).get(call, { ref, view: "standard", native: false }));
    expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrInvalidResourceId", origin: "caller" });
    expect(error.message.length).toBeLessThan(200);
    expect(call.requests).toEqual([]);
    expect(sandbox.requests.count()).toBe(0);
  });

  it.each([
    ["mars-north-1", "aws", /no region of AWS/],
    ["cn-north-1", "aws", /partition "aws-cn", not in "aws"/],
    ["us-gov-west-1", "aws-cn", /partition "aws-us-gov"/],
  ])("refuses the region %s in the partition %s before any request", async (region, partition, message) => {
    const call = callOf({ ...keys(), region, partition });
    const ref = refOf(ABSENT, { region, partition });
    const requests = [
      machinesOf(provider).get(call, { ref, view: "standard", native: false }),
      machinesOf(provider).getMany(call, { refs: [ref], view: "standard" }),
      machinesOf(provider).list(call, { view: "standard", filter: { where: {}, tags: {} }, pageSize: 100 }),
    ];
    for (const request of requests) {
      const error = await failureOf(request);
      expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrUnknownRegion", origin: "caller" });
      expect(error.message).toMatch(message);
    }
    expect(sandbox.requests.count()).toBe(0);
  });
});

describe("getMany", () => {
  it("gives an outcome per ref by one request: found, absent and malformed side by side", async () => {
    const [first = "", second = ""] = idsHere();
    const refs = [first, ABSENT, "i-nonsense", second].map((id) => refOf(id));
    const call = callOf(keys());
    const outcomes = await machinesOf(provider).getMany(call, { refs, view: "standard" });
    const byId = new Map(outcomes.map((outcome) => [outcome.ref.id, outcome]));
    expect(outcomes).toHaveLength(4);
    expect(byId.get(first)).toMatchObject({ ok: true, state: { value: { id: first } } });
    expect(byId.get(second)).toMatchObject({ ok: true, state: { value: { id: second } } });
    expect(byId.get(ABSENT)).toMatchObject({ ok: false, error: { reason: "ErrResourceNotFound" } });
    expect(byId.get("i-nonsense")).toMatchObject({ ok: false, error: { reason: "ErrInvalidResourceId" } });
    // The second finds out, once, whether these credentials could have seen what is absent.
    expect(call.requests).toEqual(["ec2:DescribeInstances", "sts:GetCallerIdentity"]);
    const [asked] = sandbox.requests.entries({ action: "DescribeInstances" });
    expect(Object.values(asked?.parameters ?? {})).not.toContain("i-nonsense");
  });

  it("asks EC2 nothing when every id is malformed", async () => {
    const refs = ["i-1", "i-2"].map((id) => refOf(id));
    const outcomes = await machinesOf(provider).getMany(callOf(keys()), { refs, view: "standard" });
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, false]);
    expect(sandbox.requests.count()).toBe(0);
  });

  it("asks for the health of 100 instances at a time, at once", async () => {
    const settings = { ...keys(), region: "eu-west-3" };
    const refs = fleet.slice(0, 200).map((id) => refOf(id, settings));
    const call = callOf(settings);
    const outcomes = await machinesOf(provider).getMany(call, { refs, view: "health" });
    expect(outcomes.filter((outcome) => outcome.ok && outcome.state.value.health !== undefined)).toHaveLength(200);
    expect(call.requests).toEqual([
      "ec2:DescribeInstances",
      "ec2:DescribeInstanceStatus",
      "ec2:DescribeInstanceStatus",
    ]);
    expect(sandbox.requests.count()).toBe(3);
  });

  it("asks once whose the credentials are however many are absent, and goes on where STS does not say", async () => {
    sandbox.faults.add({ action: "GetCallerIdentity", fault: { kind: "serverError", status: 503 } });
    const refs = Array.from({ length: 50 }, (_, index) => refOf(`i-${(0xa0000000 + index).toString(16)}`));
    const outcomes = await machinesOf(provider).getMany(callOf(keys()), { refs, view: "standard" });
    expect(outcomes.every((each) => !each.ok && each.error.reason === "ErrResourceNotFound")).toBe(true);
    expect(outcomes[0]).toMatchObject({ error: { message: expect.stringMatching(/could not be checked/) } });
    expect(sandbox.requests.count({ action: "GetCallerIdentity" })).toBe(1);
  });
});

describe("the account of a call", () => {
  // The keys of one account under the scope of another: somebody mixed up two profiles.
  const mixedUp = () => ({ account: OTHER_ACCOUNT, lease: leaseOf({ account: OTHER_ACCOUNT, ...keys(ACCOUNT) }) });

  it("has to be the owner of what is found", async () => {
    const settings = mixedUp();
    const [id = ""] = idsHere();
    const error = await failureOf(
      machinesOf(provider).get(callOf(settings), { ref: refOf(id, settings), view: "standard", native: false }),
    );
    expect(error).toMatchObject({ code: "failed_precondition", reason: "ErrAccountMismatch", origin: "credentials" });
    expect(error.message).toContain(ACCOUNT);
    expect(error.message).toContain(OTHER_ACCOUNT);
  });

  it("has to be that of the credentials before absence is believed, which is asked once a lease", async () => {
    const settings = mixedUp();
    const ref = refOf(ABSENT, settings);
    const reads = Array.from({ length: 3 }, () =>
      failureOf(machinesOf(provider).get(callOf(settings), { ref, view: "standard", native: false })),
    );
    for (const error of await Promise.all(reads)) expect(error.reason).toBe("ErrAccountMismatch");
    const [outcome] = await machinesOf(provider).getMany(callOf(settings), { refs: [ref], view: "standard" });
    expect(outcome).toMatchObject({ ok: false, error: { reason: "ErrAccountMismatch", ref: ref.key } });
    expect(sandbox.requests.count({ action: "GetCallerIdentity" })).toBe(1);
    await failureOf(machinesOf(provider).get(callOf(mixedUp()), { ref, view: "standard", native: false }));
    expect(sandbox.requests.count({ action: "GetCallerIdentity" })).toBe(2);
  });

  it("has to be that of the credentials for a list, be it empty or not", async () => {
    for (const region of [REGION, "ap-south-1"]) {
      const call = callOf({ ...mixedUp(), region });
      const list = machinesOf(provider).list(call, {
        view: "standard",
        filter: { where: {}, tags: {} },
        pageSize: 100,
      });
      expect(await failureOf(list)).toMatchObject({ reason: "ErrAccountMismatch" });
    }
  });
});

describe("identify", () => {
  it("says whose the credentials are, and the regions of the settings", async () => {
    const settled = aws({ endpoint: sandbox.endpoint, regions: ["eu-west-3", "eu-west-1"] });
    const call = callOf({ ...keys(OTHER_ACCOUNT), account: "-", region: "-", partition: "-" });
    expect(await settled.identify(call)).toEqual({
      partition: "aws",
      account: OTHER_ACCOUNT,
      principal: `arn:aws:iam::${OTHER_ACCOUNT}:user/cloudlink`,
      regions: ["eu-west-3", "eu-west-1"],
    });
    expect(call.requests).toEqual(["sts:GetCallerIdentity"]);
    expect(sandbox.requests.entries()[0]?.region).toBe("eu-west-3");
    await settled.close();
  });

  it("takes the partition from what STS answers", async () => {
    const settled = aws({ endpoint: sandbox.endpoint, regions: ["cn-north-1"] });
    expect(await settled.identify(callOf(keys()))).toMatchObject({ partition: "aws-cn" });
    await settled.close();
  });

  it("refuses a region that does not exist before any request", async () => {
    const settled = aws({ endpoint: sandbox.endpoint, regions: ["mars-1"] });
    expect(await failureOf(settled.identify(callOf(keys())))).toMatchObject({ reason: "ErrUnknownRegion" });
    expect(sandbox.requests.count()).toBe(0);
    await settled.close();
  });
});

describe("a provider that is closed", () => {
  it("takes no more calls, and ends those that run, down to the socket", async () => {
    const closing = aws({ endpoint: sandbox.endpoint });
    sandbox.faults.add({ fault: { kind: "hang" } });
    const arrived = sandbox.nextRequest();
    const [id = ""] = idsHere();
    const running = failureOf(
      machinesOf(closing).get(callOf(keys()), { ref: refOf(id), view: "standard", native: false }),
    );
    const entry = await arrived;
    await closing.close();
    expect(await running).toMatchObject({ code: "canceled", reason: "ErrCanceled" });
    expect((await entry.finished).outcome).toBe("aborted");
    const late = failureOf(
      machinesOf(closing).get(callOf(keys()), { ref: refOf(id), view: "standard", native: false }),
    );
    expect(await late).toMatchObject({ reason: "ErrCanceled" });
    expect(CloudLinkError.isInstance(await late)).toBe(true);
    expect(sandbox.requests.count()).toBe(1);
  });
});
