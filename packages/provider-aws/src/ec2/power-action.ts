import type { PowerState } from "@cloudlink/core";
import type { OwnedMachine } from "./virtual-machine.ts";

/** EC2's names of the calls that carry the actions of a virtual machine out. */
export const powerOperations = {
  start: "ec2:StartInstances",
  stop: "ec2:StopInstances",
  reboot: "ec2:RebootInstances",
} as const;

/** An action that changes or renews an instance's state. */
export type PowerAction = keyof typeof powerOperations;

/** An action that goes on after EC2 has accepted it. A reboot is not one: EC2 shows a rebooting instance as running all along. */
export type FollowedAction = Exclude<PowerAction, "reboot">;

export function isPowerAction(action: string): action is PowerAction {
  return Object.hasOwn(powerOperations, action);
}

/** The state that the action ends in, and the one on the way there. */
const wayOf: Readonly<Record<FollowedAction, { readonly target: PowerState; readonly passing: PowerState }>> = {
  start: { target: "running", passing: "starting" },
  stop: { target: "stopped", passing: "stopping" },
};

/**
 * How long EC2 may go on showing the state from before the action. It is eventually consistent and promises no time; AWS's advice for a
 * state that is awaited is to look again for up to some minutes ("Eventual consistency in the Amazon EC2 API"). A shorter grace would call
 * an action failed that is not; a longer one only tells later of one that is.
 */
export const GRACE_MS = 60_000;

/** What became of an action that did not come to its end: EC2 gave it up, which it says by a reason of its own, or something else undid it. */
export interface Failure {
  readonly state: "given up" | "undone";
  /** In words for a person. */
  readonly words: string;
}

/** How an action that EC2 accepted stands. */
export type Progress = { readonly state: "done" } | { readonly state: "running" } | Failure;

/**
 * What the state of an instance says of an action on it.
 *
 * Only EC2's final states are believed at once: any other that the action does not lead to may be from before it, until the grace is over.
 *
 * @param seen.machine - `undefined` where EC2 does not show the instance.
 * @param seen.ageMs - how long ago the action was accepted.
 */
export function progressOf(
  action: FollowedAction,
  { machine, ageMs }: { readonly machine: OwnedMachine | undefined; readonly ageMs: number },
): Progress {
  const { target, passing } = wayOf[action];
  const powerState = machine?.status.powerState;
  if (powerState === target) return { state: "done" };
  if (powerState === "deleting" || powerState === "deleted")
    return { state: "undone", words: "it is being terminated" };
  if (powerState === passing || powerState === "unknown" || ageMs < GRACE_MS) return { state: "running" };
  if (machine === undefined) return { state: "undone", words: "EC2 no longer shows it" };
  const { stateReasonCode = "", status } = machine;
  if (action === "start" && powerState === "stopped" && stateReasonCode.startsWith("Server.")) {
    return { state: "given up", words: `EC2 stopped it again (${stateReasonCode})` };
  }
  return { state: "undone", words: `it is ${status.rawState} again` };
}

/** Whether EC2's answer to the action says that there was nothing left to do. */
export function isAtTarget(action: FollowedAction, powerState: PowerState): boolean {
  return powerState === wayOf[action].target;
}

const SOONEST_MS = 1_000;
const LATEST_MS = 5_000;

/** The wait before the next look: a second at first, and longer as the action gets older; an instance takes from ten seconds to minutes. */
export function pollAfterMs(ageMs: number): number {
  return Math.min(LATEST_MS, Math.max(SOONEST_MS, Math.round(ageMs / 10)));
}
