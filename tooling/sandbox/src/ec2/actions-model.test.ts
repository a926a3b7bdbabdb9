import { DescribeInstancesCommand, StartInstancesCommand, StopInstancesCommand } from "@aws-sdk/client-ec2";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "../sandbox.ts";
import { createManualClock, ec2Of, type ManualClock } from "../test-support.ts";

const PENDING_MS = 700;
const STOPPING_MS = 1_100;

/** EC2's instance lifecycle as its User Guide draws it, for one instance that has run before. */
class Model {
  state: "stopped" | "pending" | "running" | "stopping" = "stopped";
  settlesInMs = 0;

  advance(ms: number): void {
    this.settlesInMs -= ms;
    if (this.settlesInMs > 0) return;
    if (this.state === "pending") this.state = "running";
    if (this.state === "stopping") this.state = "stopped";
  }

  /** False: refused. */
  start(): boolean {
    if (this.state === "stopping") return false;
    if (this.state === "stopped") [this.state, this.settlesInMs] = ["pending", PENDING_MS];
    return true;
  }

  stop(): boolean {
    if (this.state === "running" || this.state === "pending")
      [this.state, this.settlesInMs] = ["stopping", STOPPING_MS];
    return true;
  }
}

const commands = fc.array(
  fc.oneof(
    fc.constant("start" as const),
    fc.constant("stop" as const),
    fc.integer({ min: 1, max: 1_500 }).map((ms) => ({ ms })),
  ),
  { maxLength: 15 },
);

let clock: ManualClock;
let sandbox: Sandbox;
let ec2: ReturnType<typeof ec2Of>;

beforeAll(async () => {
  clock = createManualClock();
  const transitions = { pendingMs: PENDING_MS, stoppingMs: STOPPING_MS };
  sandbox = await createSandbox({ clock, population: false, transitions });
  ec2 = ec2Of(sandbox);
});
afterAll(async () => {
  ec2.destroy();
  await sandbox.close();
});

/** What the action says it did, `refused` for IncorrectInstanceState. */
async function act(command: "start" | "stop", id: string): Promise<string> {
  const input = { InstanceIds: [id] };
  try {
    const [change] =
      command === "start"
        ? ((await ec2.send(new StartInstancesCommand(input))).StartingInstances ?? [])
        : ((await ec2.send(new StopInstancesCommand(input))).StoppingInstances ?? []);
    return `${change?.PreviousState?.Name} to ${change?.CurrentState?.Name}`;
  } catch (error) {
    if (error instanceof Error && error.name === "IncorrectInstanceState") return "refused";
    throw error;
  }
}

describe("starts and stops in any order, at any time", () => {
  it("answer, show and log what EC2's lifecycle says", async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        const { id } = sandbox.instances.put({ state: "stopped" });
        const model = new Model();
        for (const step of steps) {
          if (typeof step === "object") {
            clock.advance(step.ms);
            model.advance(step.ms);
          } else {
            const before = model.state;
            const logged = sandbox.actions.count({ instanceId: id });
            const expected = model[step]() ? `${before} to ${model.state}` : "refused";
            expect(await act(step, id)).toBe(expected);
            expect(sandbox.actions.count({ instanceId: id })).toBe(logged + (expected === "refused" ? 0 : 1));
          }
          const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
          expect(Reservations[0]?.Instances?.[0]?.State?.Name).toBe(model.state);
          expect(sandbox.instances.get(id)?.state).toBe(model.state);
        }
        sandbox.instances.remove(id);
      }),
      { numRuns: 60 },
    );
  });
});
