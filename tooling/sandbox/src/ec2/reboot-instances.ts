import { answerXml, carryOut, incorrectState, readTargets } from "./action-call.ts";
import type { Ec2Call, Ec2World } from "./request.ts";

/**
 * Answers RebootInstances (EC2 API reference): only queues it, and the state stays running throughout. "Requests to reboot
 * terminated instances are ignored."
 *
 * @throws VendorError IncorrectInstanceState for an instance that is pending, stopping or stopped.
 */
export function rebootInstances(world: Ec2World, call: Ec2Call): Buffer {
  const nowMs = world.clock.now();
  const instances = readTargets(world, call).map((instance) => ({ instance, state: instance.momentAt(nowMs).state }));
  for (const { instance, state } of instances) {
    if (state === "pending" || state === "stopping" || state === "stopped") {
      throw incorrectState(`The instance '${instance.id}' is not in the 'running' state.`);
    }
  }
  const changes = instances
    .filter(({ state }) => state === "running")
    .map(({ instance, state }) => ({ instance, from: state, to: state, steps: [] }));
  carryOut(world, call, { action: "RebootInstances", changes });
  return answerXml(world, call, "<return>true</return>");
}
