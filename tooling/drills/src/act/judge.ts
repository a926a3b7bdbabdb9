import type { CallMade } from "./callers.ts";
import type { Wish } from "./wish.ts";
import { type Truth, vendorNames } from "./world.ts";

/** What is wrong with how a wish was dealt with; nothing, as a rule. */
export interface Judgement {
  /** How often too many something was done that is not to be done twice. */
  readonly repeats: number;
  /** What callers were told of what was done, and the vendor's log says otherwise. */
  readonly contradicted: readonly string[];
  /** Callers who were told that it is not known, where it could be. */
  readonly needless: readonly string[];
  /** Callers who were told nothing. */
  readonly mute: readonly string[];
}

/**
 * Holds what callers were told against the vendor's own log. The machine is the wish's alone, so all that was done to it was done for this wish.
 *
 * - Nothing but a reboot is harmed by being done twice: a start of what starts does nothing.
 * - A call that sent no request of its own may say `none`; what it says of another's (a recorded outcome, or that one is under way) has to fit
 *   what is in the log of the whole wish.
 * - Where one call sent, what is in the log is its doing. Where several did, one after the other, it is that of one of them.
 */
export function judge(wish: Wish, made: readonly CallMade[], truth: Truth): Judgement {
  const { id } = wish.machine;
  const clouded = isClouded(wish, truth);
  const contradicted: string[] = [];
  const needless: string[] = [];
  let repeats = 0;
  // Somebody may have sent the key with another action by mistake: what a call says of its action goes for that action.
  const byAction = Map.groupBy(made, ({ action }) => action);
  for (const [action, calls] of byAction) {
    const done = truth.deeds(wish.machine).filter((deed) => deed.action === vendorNames[action]).length;
    if (action === "reboot") repeats += Math.max(0, done - 1);
    contradicted.push(...contradictions(calls, done).map((what) => `${action} of ${id}: ${what}`));
    const senders = calls.filter(({ sent }) => sent > 0);
    const wrong = calls.filter((call) => saidOf(call) === "unknown" && !mayBeUnknown(call, { clouded, senders }));
    needless.push(...wrong.map((call) => `${action} of ${id}: ${describe(call)}`));
  }
  const carriedOut = [...byAction.values()].filter((calls) => calls.some((call) => saidOf(call) === "done"));
  if (carriedOut.length > 1) contradicted.push(`${id}: one key, and two actions were carried out under it`);
  return { repeats, contradicted, needless, mute: made.filter((call) => saidOf(call) === "mute").map(describe) };
}

/** @param done - how often the action of these calls is in the vendor's log. */
function contradictions(calls: readonly CallMade[], done: number): string[] {
  const senders = calls.filter(({ sent }) => sent > 0);
  const found: string[] = [];
  for (const call of calls) {
    const said = saidOf(call);
    if (said === "done" && done === 0) found.push(`${describe(call)}, and nothing was`);
    const isTheOne = senders.length === 1 && call.sent > 0;
    if (said === "none" && done > 0 && isTheOne) found.push(`${describe(call)}, and it was done`);
  }
  if (done > 0 && calls.every((call) => saidOf(call) === "none")) found.push("all say none, and it was done");
  if (done > 0 && senders.length === 0) found.push("it was done, and no call says that it sent anything");
  return found;
}

/** Whether a request for the wish met a fault that tells nobody what became of it: the first request met the first fault, and so on. */
function isClouded({ machine, faults }: Wish, truth: Truth): boolean {
  const met = faults.answers.slice(0, truth.requests(machine).length);
  return met.some(({ tells }) => !tells);
}

/**
 * When `unknown` is right: an answer was lost; the caller left while a request was on its way, or its deadline, which ends the request too,
 * passed after one had been sent; what is said is the recorded outcome of such a call; or another call of the same key is at work on it, which
 * is an error of its own.
 */
function mayBeUnknown(
  call: CallMade,
  about: { readonly clouded: boolean; readonly senders: readonly CallMade[] },
): boolean {
  if (call.outcome.end !== "failed") return false;
  const { code, reason } = call.outcome.error;
  if (reason === "ErrActionInProgress") return true;
  if (code === "canceled" && call.sent > 0) return call.wasInTheAir || about.clouded;
  if (code === "deadline_exceeded" && call.sent > 0) return true;
  return about.clouded ? about.senders.length > 0 : call.sent === 0 && about.senders.some(ranOutOfTime);
}

function ranOutOfTime({ outcome }: CallMade): boolean {
  return outcome.end === "failed" && outcome.error.code === "deadline_exceeded";
}

function saidOf({ outcome }: CallMade): "done" | "none" | "unknown" | "mute" {
  if (outcome.end === "mute") return "mute";
  return outcome.end === "accepted" ? "done" : (outcome.error.effect ?? "unknown");
}

function describe(call: CallMade): string {
  const { outcome, sent } = call;
  const what =
    outcome.end === "accepted" ? "accepted" : String(outcome.end === "mute" ? outcome.reason : outcome.error);
  return `a call that sent ${sent} says ${saidOf(call)} (${what.slice(0, 120)})`;
}
