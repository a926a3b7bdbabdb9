import { DescribeInstancesCommand, StartInstancesCommand, StopInstancesCommand } from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "../sandbox.ts";
import { createManualClock, ec2Of, failureOf, type ManualClock } from "../test-support.ts";

const ID = "i-0000000a";
const LAUNCHED = "i-0000000b";

let clock: ManualClock;
let sandbox: Sandbox;
let ec2: ReturnType<typeof ec2Of>;

beforeEach(async () => {
  clock = createManualClock();
  sandbox = await createSandbox({
    clock,
    instances: [{ id: ID, state: "stopped" }],
    transitions: { pendingMs: 4000, stoppingMs: 4000 },
    staleMs: 1000,
  });
  ec2 = ec2Of(sandbox);
});
afterEach(async () => {
  ec2.destroy();
  await sandbox.close();
});

const byId = (id: string) => ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
async function listed(filter?: string): Promise<(string | undefined)[]> {
  const Filters = filter === undefined ? undefined : [{ Name: "instance-state-name", Values: [filter] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances).map(({ InstanceId }) => InstanceId);
}
async function shown(): Promise<string | undefined> {
  return (await byId(ID)).Reservations?.[0]?.Instances?.[0]?.State?.Name;
}

describe("a launch that is not visible yet", () => {
  it("is not found by its id, is in no list and cannot be acted on, until it is visible", async () => {
    const truth = sandbox.instances.launch({ id: LAUNCHED }, { visibleAfterMs: 3000 });
    expect(truth.state).toBe("pending");
    clock.advance(2999);
    expect(await failureOf(byId(LAUNCHED))).toMatchObject({ code: "InvalidInstanceID.NotFound", status: 400 });
    expect(await failureOf(ec2.send(new StopInstancesCommand({ InstanceIds: [LAUNCHED] })))).toMatchObject({
      code: "InvalidInstanceID.NotFound",
    });
    expect(await listed()).toEqual([ID]);
    expect(sandbox.instances.get(LAUNCHED)?.state).toBe("pending");
    clock.advance(1);
    expect((await byId(LAUNCHED)).Reservations?.[0]?.Instances?.[0]?.State?.Name).toBe("pending");
    expect((await listed()).sort()).toEqual([ID, LAUNCHED]);
    clock.advance(1000);
    expect(sandbox.instances.get(LAUNCHED)?.state).toBe("running");
  });

  it("is visible at once by default, and in whatever state the settings say", async () => {
    sandbox.instances.launch({ id: LAUNCHED, state: "running" });
    expect((await listed("running")).sort()).toEqual([LAUNCHED]);
    expect(() => sandbox.instances.launch({}, { visibleAfterMs: -1 })).toThrow("give milliseconds, 0 or more");
  });
});

describe("staleMs", () => {
  it("shows the old state, to filters too, while the action's own answer and the truth say the new one", async () => {
    const { StartingInstances } = await ec2.send(new StartInstancesCommand({ InstanceIds: [ID] }));
    expect(StartingInstances?.[0]?.CurrentState?.Name).toBe("pending");
    clock.advance(999);
    expect(sandbox.instances.get(ID)?.state).toBe("pending");
    expect(await shown()).toBe("stopped");
    expect(await listed("stopped")).toEqual([ID]);
    clock.advance(1);
    expect(await shown()).toBe("pending");
    clock.advance(3000);
    expect(await shown()).toBe("running");
  });

  it("shows each of two actions late by as much", async () => {
    await ec2.send(new StartInstancesCommand({ InstanceIds: [ID] }));
    clock.advance(600);
    await ec2.send(new StopInstancesCommand({ InstanceIds: [ID] }));
    clock.advance(399);
    expect(await shown()).toBe("stopped");
    clock.advance(1);
    expect(await shown()).toBe("pending");
    clock.advance(600);
    expect(await shown()).toBe("stopping");
  });

  it("does not apply to a state that a test sets", async () => {
    await ec2.send(new StartInstancesCommand({ InstanceIds: [ID] }));
    sandbox.instances.setState(ID, "terminated");
    expect(await shown()).toBe("terminated");
  });
});
