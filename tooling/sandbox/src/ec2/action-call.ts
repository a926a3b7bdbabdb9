import type { ActionName } from "../action-log.ts";
import type { SandboxInstance } from "../instance.ts";
import { stateCodeOf } from "../instance.ts";
import type { InstanceStateName, LifecycleStep } from "../lifecycle.ts";
import { VendorError } from "../vendor-error.ts";
import { element, indentXml } from "../xml.ts";
import { EC2_NAMESPACE, XML_DECLARATION } from "./ec2-xml.ts";
import { type Ec2Call, type Ec2World, findInstances, readInstanceIds } from "./request.ts";

/** What an action does to one instance: the steps it follows from now on, or nothing when it is there already. */
export interface Change {
  readonly instance: SandboxInstance;
  readonly from: InstanceStateName;
  readonly to: InstanceStateName;
  readonly steps: readonly LifecycleStep[] | undefined;
}

/**
 * The instances an action names. EC2 looks at the ids before it looks at `DryRun`, and at `DryRun` before the states.
 *
 * @throws VendorError MissingParameter, InvalidInstanceID.Malformed, InvalidInstanceID.NotFound; DryRunOperation when the
 * call only asks.
 */
export function readTargets(world: Ec2World, call: Ec2Call): SandboxInstance[] {
  const ids = readInstanceIds(call.parameters);
  if (ids === undefined) {
    throw new VendorError(400, "MissingParameter", "The request must contain the parameter InstanceId");
  }
  const instances = findInstances(world, call.caller, ids);
  if (call.parameters.get("DryRun") === "true") {
    throw new VendorError(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
  }
  return instances;
}

/** Carries the changes out, in one go: nothing may fail here. */
export function carryOut(
  world: Ec2World,
  call: Ec2Call,
  done: { action: ActionName; changes: readonly Change[] },
): void {
  const nowMs = world.clock.now();
  const { action, changes } = done;
  for (const { instance, from, to, steps } of changes) {
    if (steps === undefined || action === "RebootInstances") instance.settle(nowMs);
    else instance.changeBy(steps, { nowMs, staleMs: world.staleMs });
    const { account, region } = instance.settings;
    world.actions.add({
      action,
      instanceId: instance.id,
      account,
      region,
      requestId: call.requestId,
      atMs: nowMs,
      previousState: from,
      currentState: to,
      effective: steps !== undefined,
      force: action === "StopInstances" && call.parameters.get("Force") === "true",
    });
  }
}

/** The answer of StartInstances and StopInstances (EC2 API reference, InstanceStateChange). */
export function stateChangesXml(world: Ec2World, call: Ec2Call, changes: readonly Change[]): Buffer {
  const items = changes.map(({ instance, from, to }) =>
    [
      `<item>${element("instanceId", instance.id)}`,
      `<currentState>${stateXml(instance, to)}</currentState>`,
      `<previousState>${stateXml(instance, from)}</previousState></item>`,
    ].join(""),
  );
  return answerXml(world, call, `<instancesSet>${items.join("")}</instancesSet>`);
}

/** The envelope of an action's answer. */
export function answerXml(world: Ec2World, call: Ec2Call, result: string): Buffer {
  const name = `${call.action}Response`;
  const xml = `<${name} xmlns="${EC2_NAMESPACE}">${element("requestId", call.requestId)}${result}</${name}>`;
  return Buffer.from(`${XML_DECLARATION}${world.indented ? indentXml(xml) : xml}`);
}

function stateXml(instance: SandboxInstance, state: InstanceStateName): string {
  return `${element("code", stateCodeOf(instance, { state }))}${element("name", state)}`;
}

/** EC2's refusal of an action in the wrong state. */
export function incorrectState(message: string): VendorError {
  return new VendorError(400, "IncorrectInstanceState", message);
}
