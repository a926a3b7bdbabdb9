import {
  DescribeInstancesCommand,
  type EC2Client,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InstanceStateName } from "../lifecycle.ts";
import { createSandbox, type Sandbox } from "../sandbox.ts";
import { createManualClock, ec2Of, failureOf, type ManualClock } from "../test-support.ts";

const ID = "i-0000000a";
const OTHER = "i-0000000b";
const PENDING_MS = 20_000;
const STOPPING_MS = 30_000;

let clock: ManualClock;
let sandbox: Sandbox;
let ec2: ReturnType<typeof ec2Of>;

beforeEach(async () => {
  clock = createManualClock();
  sandbox = await createSandbox({
    clock,
    instances: [{ id: ID, state: "stopped" }],
    transitions: { pendingMs: PENDING_MS, stoppingMs: STOPPING_MS },
  });
  ec2 = ec2Of(sandbox);
});
afterEach(async () => {
  ec2.destroy();
  await sandbox.close();
});

const start = (...ids: string[]) => ec2.send(new StartInstancesCommand({ InstanceIds: ids }));
const stop = (...ids: string[]) => ec2.send(new StopInstancesCommand({ InstanceIds: ids }));
const reboot = (...ids: string[]) => ec2.send(new RebootInstancesCommand({ InstanceIds: ids }));
const stateOf = (id = ID) => sandbox.instances.get(id)?.state;

async function shown(id = ID) {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations[0]?.Instances?.[0];
}

describe("StartInstances and StopInstances", () => {
  it("lead through pending to running and through stopping to stopped, on the sandbox's clock", async () => {
    expect((await start(ID)).StartingInstances).toEqual([
      { InstanceId: ID, CurrentState: { Code: 0, Name: "pending" }, PreviousState: { Code: 80, Name: "stopped" } },
    ]);
    const startedAt = clock.now();
    clock.advance(PENDING_MS - 1);
    expect((await shown())?.State?.Name).toBe("pending");
    clock.advance(1);
    expect((await shown())?.State?.Name).toBe("running");
    expect((await shown())?.LaunchTime?.getTime()).toBe(startedAt);
    clock.advance(86_400_000);
    expect((await stop(ID)).StoppingInstances).toEqual([
      { InstanceId: ID, CurrentState: { Code: 64, Name: "stopping" }, PreviousState: { Code: 16, Name: "running" } },
    ]);
    clock.advance(STOPPING_MS - 1);
    expect((await shown())?.State?.Name).toBe("stopping");
    clock.advance(1);
    expect(await shown()).toMatchObject({
      State: { Name: "stopped" },
      StateReason: { Code: "Client.UserInitiatedShutdown" },
    });
    expect((await shown())?.LaunchTime?.getTime()).toBe(startedAt);
  });

  it("end the life an instance had of its own: it stays where the action led", async () => {
    sandbox.instances.put({ id: OTHER, lifecycle: { kind: "living", meanMs: 60_000 } });
    for (let tries = 0; stateOf(OTHER) !== "running"; tries++) clock.advance(1000 + tries);
    await stop(OTHER);
    clock.advance(STOPPING_MS);
    for (let hour = 0; hour < 100; hour++, clock.advance(3_600_000)) expect(stateOf(OTHER)).toBe("stopped");
  });

  it("end the life of its own even of an instance that is there already, or that is only rebooted", async () => {
    for (const act of [start, reboot]) {
      sandbox.instances.put({ id: OTHER, lifecycle: { kind: "living", meanMs: 60_000 } });
      for (let tries = 0; stateOf(OTHER) !== "running"; tries++) clock.advance(1000 + tries);
      await act(OTHER);
      for (let hour = 0; hour < 100; hour++, clock.advance(3_600_000)) expect(stateOf(OTHER)).toBe("running");
    }
  });

  it.each<[string, InstanceStateName, typeof start, string]>([
    ["starting one that runs", "running", start, "running"],
    ["starting one that is pending", "pending", start, "pending"],
    ["stopping one that is stopped", "stopped", stop, "stopped"],
    ["stopping one that is stopping", "stopping", stop, "stopping"],
  ])("%s succeeds and does nothing", async (_case, state, act, after) => {
    sandbox.instances.setState(ID, state);
    await act(ID);
    expect(stateOf()).toBe(after);
    expect(sandbox.actions.list()).toMatchObject([{ previousState: state, currentState: state, effective: false }]);
  });

  it.each<[InstanceStateName, typeof start, string]>([
    ["stopping", start, `The instance '${ID}' is not in a state from which it can be started.`],
    ["shutting-down", start, `The instance '${ID}' is not in a state from which it can be started.`],
    ["terminated", start, `The instance '${ID}' is not in a state from which it can be started.`],
    ["shutting-down", stop, `This instance '${ID}' is not in a state from which it can be stopped.`],
    ["terminated", stop, `This instance '${ID}' is not in a state from which it can be stopped.`],
    ["pending", stop, `Instance '${ID}' cannot be stopped as it has never reached the 'running' state.`],
    ["pending", reboot, `The instance '${ID}' is not in the 'running' state.`],
    ["stopping", reboot, `The instance '${ID}' is not in the 'running' state.`],
    ["stopped", reboot, `The instance '${ID}' is not in the 'running' state.`],
  ])("an instance that is %s is refused with IncorrectInstanceState (%#)", async (state, act, message) => {
    sandbox.instances.put({ id: ID, state });
    expect(await failureOf(act(ID))).toEqual({ code: "IncorrectInstanceState", status: 400, message });
    expect(stateOf()).toBe(state);
    expect(sandbox.actions.count()).toBe(0);
  });

  it("a started instance may be stopped while it is pending, since it has run before", async () => {
    await start(ID);
    expect((await stop(ID)).StoppingInstances?.[0]).toMatchObject({
      PreviousState: { Name: "pending" },
      CurrentState: { Name: "stopping" },
    });
    clock.advance(STOPPING_MS);
    expect(stateOf()).toBe("stopped");
  });

  it("carry out all of the ids or none", async () => {
    sandbox.instances.put({ id: OTHER, state: "terminated" });
    expect(await failureOf(start(ID, OTHER))).toMatchObject({ code: "IncorrectInstanceState" });
    expect(await failureOf(start(ID, "i-0000000c"))).toMatchObject({
      code: "InvalidInstanceID.NotFound",
      message: "The instance ID 'i-0000000c' does not exist",
    });
    expect(await failureOf(start(ID, "i-nothing"))).toMatchObject({ code: "InvalidInstanceID.Malformed" });
    expect(stateOf()).toBe("stopped");
    expect(sandbox.actions.count()).toBe(0);
    sandbox.instances.put({ id: OTHER, state: "stopped" });
    expect((await start(ID, OTHER)).StartingInstances?.length).toBe(2);
    expect([stateOf(), stateOf(OTHER)]).toEqual(["pending", "pending"]);
  });

  it("want at least one id, and only ids of their own account and region", async () => {
    expect(await failureOf(start())).toMatchObject({ code: "MissingParameter", status: 400 });
    sandbox.instances.put({ id: OTHER, account: "222222222222", state: "stopped" });
    expect(await failureOf(start(OTHER))).toMatchObject({ code: "InvalidInstanceID.NotFound" });
    sandbox.instances.put({ id: OTHER, region: "eu-west-1", state: "stopped" });
    expect(await failureOf(start(OTHER))).toMatchObject({ code: "InvalidInstanceID.NotFound" });
  });

  it("keep the meaningless high byte of the state code", async () => {
    sandbox.instances.put({ id: ID, state: "stopped", stateCodeHighByte: 3 });
    expect((await start(ID)).StartingInstances?.[0]).toMatchObject({
      CurrentState: { Code: 768 },
      PreviousState: { Code: 848 },
    });
  });

  it("take 15 to 60 seconds by default, the same for the same seed", async () => {
    const lengths: number[] = [];
    for (const seed of ["a", "a", "b"]) {
      await using one = await createSandbox({ clock, seed, instances: [{ id: ID, state: "stopped" }] });
      const client = ec2Of(one);
      await client.send(new StartInstancesCommand({ InstanceIds: [ID] }));
      client.destroy();
      const from = clock.now();
      while (one.instances.get(ID)?.state === "pending") clock.advance(1);
      lengths.push(clock.now() - from);
    }
    expect(lengths[0]).toBe(lengths[1]);
    expect(lengths[0]).not.toBe(lengths[2]);
    for (const length of lengths) {
      expect(length).toBeGreaterThanOrEqual(15_000);
      expect(length).toBeLessThan(60_000);
    }
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuse a transition of %d ms", async (pendingMs) => {
    await expect(createSandbox({ transitions: { pendingMs } })).rejects.toThrow("give milliseconds, 0 or more");
  });
});

describe("a start that fails", () => {
  it("leads back to stopped with EC2's reason, as often as the fault says", async () => {
    const fault = sandbox.faults.add({ times: 1, fault: { kind: "startFails" } });
    expect((await start(ID)).StartingInstances?.[0]?.CurrentState?.Name).toBe("pending");
    clock.advance(PENDING_MS);
    expect(await shown()).toMatchObject({
      State: { Name: "stopped" },
      StateReason: { Code: "Server.InsufficientInstanceCapacity" },
    });
    expect(fault.hits).toBe(1);
    await start(ID);
    clock.advance(PENDING_MS);
    expect((await shown())?.State?.Name).toBe("running");
    expect((await shown())?.StateReason).toBeUndefined();
  });

  it("leads back to stopped with the reason that the fault gives", async () => {
    sandbox.faults.add({ fault: { kind: "startFails", reason: "Server.ScheduledStop" } });
    await start(ID);
    clock.advance(PENDING_MS);
    expect(await shown()).toMatchObject({
      State: { Name: "stopped" },
      StateReason: { Code: "Server.ScheduledStop", Message: "Server.ScheduledStop: As asked" },
    });
  });

  it("meets only starts that start something, of the instance it names", async () => {
    sandbox.instances.put({ id: OTHER, state: "running" });
    const fault = sandbox.faults.add({ instanceId: ID, fault: { kind: "startFails" } });
    await start(OTHER);
    await failureOf(ec2.send(new StartInstancesCommand({ InstanceIds: [ID], DryRun: true })));
    expect(fault.hits).toBe(0);
    await start(ID);
    expect(fault.hits).toBe(1);
  });
});

describe("RebootInstances", () => {
  it("leaves the state and the start as they are, and says only that it was queued", async () => {
    sandbox.instances.setState(ID, "running");
    const before = await shown();
    clock.advance(60_000);
    expect((await reboot(ID)).$metadata.httpStatusCode).toBe(200);
    expect(await shown()).toEqual(before);
    expect(sandbox.actions.list()).toMatchObject([{ action: "RebootInstances", effective: true }]);
  });

  it("ignores terminated instances, as the API reference says", async () => {
    sandbox.instances.setState(ID, "terminated");
    await reboot(ID);
    expect(sandbox.actions.count()).toBe(0);
  });
});

describe("DryRun", () => {
  const dryRuns = {
    StartInstances: (client: EC2Client, id: string) =>
      client.send(new StartInstancesCommand({ InstanceIds: [id], DryRun: true })),
    StopInstances: (client: EC2Client, id: string) =>
      client.send(new StopInstancesCommand({ InstanceIds: [id], DryRun: true })),
    RebootInstances: (client: EC2Client, id: string) =>
      client.send(new RebootInstancesCommand({ InstanceIds: [id], DryRun: true })),
  };
  it.each(Object.entries(dryRuns))(
    "of %s says 412 for who may, 403 for who may not, 400 for what is not there, and does nothing",
    async (_action, dryRun) => {
      expect(await failureOf(dryRun(ec2, ID))).toEqual({
        code: "DryRunOperation",
        status: 412,
        message: "Request would have succeeded, but DryRun flag is set.",
      });
      expect(await failureOf(dryRun(ec2, OTHER))).toMatchObject({ code: "InvalidInstanceID.NotFound" });
      const [, denied] = sandbox.accounts[0]?.accessKeys ?? [];
      const intern = ec2Of(sandbox, denied === undefined ? {} : { credentials: denied });
      expect(await failureOf(dryRun(intern, ID))).toMatchObject({
        code: "UnauthorizedOperation",
        status: 403,
        message: expect.stringContaining(`on resource: arn:aws:ec2:us-east-1:111111111111:instance/${ID} because`),
      });
      intern.destroy();
      expect(stateOf()).toBe("stopped");
      expect(sandbox.actions.count()).toBe(0);
    },
  );
});

describe("the action log", () => {
  it("says what was carried out, on which instance, when, and with which request", async () => {
    await start(ID);
    const requestId = sandbox.requests.entries({ action: "StartInstances" })[0]?.id;
    const at = clock.now();
    clock.advance(PENDING_MS);
    await ec2.send(new StopInstancesCommand({ InstanceIds: [ID], Force: true }));
    expect(sandbox.actions.list()).toEqual([
      {
        sequence: 1,
        action: "StartInstances",
        instanceId: ID,
        account: "111111111111",
        region: "us-east-1",
        requestId,
        atMs: at,
        previousState: "stopped",
        currentState: "pending",
        effective: true,
        force: false,
      },
      expect.objectContaining({ sequence: 2, action: "StopInstances", atMs: at + PENDING_MS, force: true }),
    ]);
    expect(sandbox.actions.count({ action: "StopInstances", instanceId: ID })).toBe(1);
    expect(sandbox.actions.count((entry) => entry.force)).toBe(1);
    expect(sandbox.actions.count({ instanceId: OTHER })).toBe(0);
    sandbox.actions.clear();
    expect(sandbox.actions.list()).toEqual([]);
  });
});
