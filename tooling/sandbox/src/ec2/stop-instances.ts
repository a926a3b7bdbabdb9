import type { SandboxInstance } from "../instance.ts";
import type { LifecycleStep } from "../lifecycle.ts";
import { type Change, carryOut, incorrectState, readTargets, stateChangesXml } from "./action-call.ts";
import type { Ec2Call, Ec2World } from "./request.ts";

/**
 * Answers StopInstances (EC2 API reference): all of the ids or none. Stopping what is stopped, or about to be, does nothing.
 *
 * @throws VendorError IncorrectInstanceState for an instance that is shutting down or terminated, or that has never run.
 */
export function stopInstances(world: Ec2World, call: Ec2Call): Buffer {
  const instances = readTargets(world, call);
  for (const instance of instances) checkStoppable(instance, world.clock.now());
  world.limits?.takeResources({ ...call.caller, action: call.action }, instances.length);
  const changes = instances.map((instance) => stop(world, instance));
  carryOut(world, call, { action: "StopInstances", changes });
  return stateChangesXml(world, call, changes);
}

function checkStoppable(instance: SandboxInstance, nowMs: number): void {
  const { state } = instance.momentAt(nowMs);
  if (state === "shutting-down" || state === "terminated") {
    throw incorrectState(`This instance '${instance.id}' is not in a state from which it can be stopped.`);
  }
  if (state === "pending" && !instance.hasRunBy(nowMs)) {
    throw incorrectState(`Instance '${instance.id}' cannot be stopped as it has never reached the 'running' state.`);
  }
}

function stop(world: Ec2World, instance: SandboxInstance): Change {
  const nowMs = world.clock.now();
  const { state, startedAtMs } = instance.momentAt(nowMs);
  if (state !== "running" && state !== "pending") return { instance, from: state, to: state, steps: undefined };
  const steps: LifecycleStep[] = [
    // The start stays what it was: EC2 goes on showing it as launchTime.
    { fromMs: Math.min(startedAtMs, nowMs - 1), state: "running" },
    { fromMs: nowMs, state: "stopping" },
    { fromMs: nowMs + world.transitions.stoppingMs(instance.id), state: "stopped" },
  ];
  return { instance, from: state, to: "stopping", steps };
}
