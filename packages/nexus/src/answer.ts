import {
  type Answer,
  type AnswerSource,
  type Context,
  type Freshness,
  freezeDeep,
  type Observation,
  type ResourceState,
} from "@cloudlink/core";
import type { KernelCall } from "./kernel-call.ts";

/** What an observation is to a caller: immutable, its value frozen once, so that the same object may answer later reads. */
export function stateOf<Value>(
  ctx: Context,
  seen: { readonly observation: Observation<Value>; readonly source: AnswerSource },
): ResourceState<Value> {
  const { ref, value, view } = seen.observation;
  return Object.freeze({ ref, value: freezeDeep(value), view, freshness: freshnessOf(ctx, seen) });
}

function freshnessOf(
  ctx: Context,
  { observation, source }: { readonly observation: Observation<unknown>; readonly source: AnswerSource },
): Freshness {
  const { observedAt, sourceLagMs } = observation;
  const ageMs = Math.max(0, ctx.clock.nowMs() - observedAt);
  return Object.freeze(
    sourceLagMs === undefined ? { source, observedAt, ageMs } : { source, observedAt, ageMs, sourceLagMs },
  );
}

/**
 * The answer to a get: plain data, so that it can be spread, cloned and sent to a worker as it is. Its trace id is made at once, which costs
 * nothing more: telemetry is told it of every call.
 */
export function answerOf<Value>(
  call: KernelCall,
  seen: { readonly observation: Observation<Value>; readonly source: AnswerSource },
): Answer<Value> {
  const { ref, view, native } = seen.observation;
  const value = freezeDeep(seen.observation.value);
  const freshness = freshnessOf(call.ctx, seen);
  const { traceId } = call;
  const stats = Object.freeze(call.stats());
  return Object.freeze(
    native === undefined
      ? { ref, value, view, freshness, traceId, stats }
      : { ref, value, view, freshness, traceId, stats, native },
  );
}
