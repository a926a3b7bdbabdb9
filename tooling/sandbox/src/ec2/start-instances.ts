import type { SandboxInstance } from "../instance.ts";
import type { LifecycleStep } from "../lifecycle.ts";
import { type Change, carryOut, incorrectState, readTargets, stateChangesXml } from "./action-call.ts";
import type { Ec2Call, Ec2World } from "./request.ts";

/** EC2's words for what it says by its codes; they begin with the code. */
const MESSAGES: Readonly<Record<string, string>> = {
  "Server.InsufficientInstanceCapacity": "Insufficient capacity to satisfy instance request",
};

/**
 * Answers StartInstances (EC2 API reference): all of the ids or none. Starting what runs, or is about to, does nothing.
 *
 * @throws VendorError IncorrectInstanceState for an instance that is stopping, shutting down or terminated.
 */
export function startInstances(world: Ec2World, call: Ec2Call): Buffer {
  const nowMs = world.clock.now();
  const instances = readTargets(world, call);
  for (const instance of instances) {
    const { state } = instance.momentAt(nowMs);
    if (state === "stopping" || state === "shutting-down" || state === "terminated") {
      throw incorrectState(`The instance '${instance.id}' is not in a state from which it can be started.`);
    }
  }
  world.limits?.takeResources({ ...call.caller, action: call.action }, instances.length);
  const changes = instances.map((instance) => start(world, instance));
  carryOut(world, call, { action: "StartInstances", changes });
  return stateChangesXml(world, call, changes);
}

function start(world: Ec2World, instance: SandboxInstance): Change {
  const nowMs = world.clock.now();
  const { state, sinceMs } = instance.momentAt(nowMs);
  if (state !== "stopped") return { instance, from: state, to: state, steps: undefined };
  const settledMs = nowMs + world.transitions.pendingMs(instance.id);
  const { account, region } = instance.settings;
  const code = world.startFails({ account, region, instanceId: instance.id });
  const outcome: LifecycleStep =
    code === undefined
      ? { fromMs: settledMs, state: "running" }
      : {
          fromMs: settledMs,
          state: "stopped",
          reason: { code, message: [code, MESSAGES[code] ?? "As asked"].join(": ") },
        };
  const steps: LifecycleStep[] = [
    { fromMs: Math.min(sinceMs, nowMs - 1), state: "stopped" },
    { fromMs: nowMs, state: "pending" },
    outcome,
  ];
  return { instance, from: state, to: "pending", steps };
}
