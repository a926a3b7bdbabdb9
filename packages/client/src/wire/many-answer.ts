import type { ManyAnswer, Outcome, ResourceState } from "@cloudlink/core";
import type { ManyAnswerForm, OutcomeForm } from "./get.schema.ts";
import { encodeError } from "./problem.ts";
import { encodeResourceState, encodeStats, type NativeIdOf } from "./resource-state.ts";

/** The form of what `getMany` gives. */
export function encodeManyAnswer(answer: ManyAnswer<unknown>, nativeIdOf?: NativeIdOf): ManyAnswerForm {
  const { outcomes, traceId, stats } = answer;
  return { outcomes: outcomes.map((each) => encodeOutcome(each, nativeIdOf)), traceId, stats: encodeStats(stats) };
}

function encodeOutcome(outcome: Outcome<ResourceState<unknown>>, nativeIdOf?: NativeIdOf): OutcomeForm {
  const ref = outcome.ref.key;
  return outcome.ok
    ? { ok: true, ref, state: encodeResourceState(outcome.state, nativeIdOf) }
    : { ok: false, ref, error: encodeError(outcome.error) };
}
