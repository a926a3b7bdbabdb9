import type { PowerState } from "@cloudlink/core";
import type { ActionTicket } from "./action-token.ts";
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

/**
 * By how much an instant of EC2's may be before the caller's of the action and still be of it: EC2 writes whole seconds, and the two clocks
 * differ, by less than a second where both are kept and by some more where one is not well. An instance needs longer than this to be
 * stopped and started again, so that hardly an instant of the time before lies within.
 */
export const SKEW_MS = 10_000;

/**
 * The reasons by which EC2 says that a start came to nothing: "insufficient capacity … to satisfy the launch request", and "an internal error
 * caused the instance to terminate during launch" (EC2 API reference, StateReason). Its others, such as `Server.ScheduledStop` and
 * `Server.SpotInstanceShutdown`, are of an instance that did run.
 */
const gaveUp: ReadonlySet<string> = new Set(["Server.InsufficientInstanceCapacity", "Server.InternalError"]);

/** What became of an action that did not come to its end: EC2 gave it up, which it says by a reason of its own, or something else undid it. */
export interface Failure {
  readonly state: "given up" | "undone";
  /** In words for a person. */
  readonly words: string;
}

/** How an action that EC2 accepted stands. */
export type Progress =
  | { readonly state: "done" }
  | { readonly state: "running"; readonly launchedAt?: number | undefined }
  | Failure;

/** What is known of an action when the instance is looked at. */
export interface Sight {
  /** `undefined` where EC2 does not show the instance. */
  readonly machine: OwnedMachine | undefined;
  readonly ticket: ActionTicket;
  /** How long ago the action was accepted. */
  readonly ageMs: number;
}

/**
 * What the state of an instance says of an action on it.
 *
 * Only EC2's final states are believed at once: any other that the action does not lead to may be from before it, until the grace is over;
 * and so may the one that it leads to, unless the instance says itself that it is not (see `isOfAction`).
 */
export function progressOf(action: FollowedAction, sight: Sight): Progress {
  const { machine, ticket, ageMs } = sight;
  const { target, passing } = wayOf[action];
  const powerState = machine?.status.powerState;
  if (powerState === "deleting" || powerState === "deleted")
    return { state: "undone", words: "it is being terminated" };
  if (machine !== undefined && powerState === target && (ageMs >= GRACE_MS || isOfAction(action, machine, ticket))) {
    return { state: "done" };
  }
  const { launchedAt } = ticket;
  if (powerState === passing)
    return { state: "running", launchedAt: instantOf(machine?.status.startedAt) ?? launchedAt };
  if (powerState === "unknown" || ageMs < GRACE_MS) return { state: "running", launchedAt };
  if (machine === undefined) return { state: "undone", words: "EC2 no longer shows it" };
  const { stateReasonCode = "", status } = machine;
  if (action === "start" && powerState === "stopped" && gaveUp.has(stateReasonCode)) {
    return { state: "given up", words: `EC2 stopped it again (${stateReasonCode})` };
  }
  return { state: "undone", words: `it is ${status.rawState} again` };
}

/**
 * Whether the state that the action leads to is of after it, by what the instance says itself:
 * - the instant that EC2 writes with a state, its own of the action, is no earlier: `LaunchTime`, which each start sets anew, or that in
 *   `StateTransitionReason`, which each stop does by a user;
 * - or it is the state of a run that an earlier look saw on its way (`launchedAt`). Both instants are EC2's, so that it does not matter how
 *   wrong the caller's clock is, nor that the action joined one that somebody else had begun long before.
 */
function isOfAction(
  action: FollowedAction,
  { status }: OwnedMachine,
  { acceptedAt, launchedAt }: ActionTicket,
): boolean {
  const launched = instantOf(status.startedAt) ?? Number.NEGATIVE_INFINITY;
  if (launchedAt !== undefined && launched >= launchedAt) return true;
  const changed = action === "start" ? launched : (instantOf(status.stateChangedAt) ?? Number.NEGATIVE_INFINITY);
  return changed >= acceptedAt - SKEW_MS;
}

function instantOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
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
