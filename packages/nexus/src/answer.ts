import type {
  Answer,
  AnswerSource,
  CacheEntry,
  CallStats,
  Clock,
  Freshness,
  Observation,
  ResourceState,
} from "@cloudlink/core";

/** What was seen, and how fresh it is as an answer. */
export interface Seen<Value = unknown> {
  readonly observation: Observation<Value>;
  readonly source: AnswerSource;
  readonly ageMs: number;
  /** Whether a newer observation is on its way. */
  readonly refreshing: boolean;
}

/** What a vendor has said, now or before. */
export function seenAt<Value>(
  clock: Clock,
  { observation, source }: { readonly observation: Observation<Value>; readonly source: AnswerSource },
): Seen<Value> {
  const ageMs = Math.max(0, clock.nowMs() - observation.observedAt);
  return { observation, source, ageMs, refreshing: false };
}

/** A state that is kept, as the entry has it; `nowMs` is by the monotonic clock. */
export function seenKept(
  observation: Observation<unknown>,
  { entry, nowMs, refreshing }: { readonly entry: CacheEntry; readonly nowMs: number; readonly refreshing: boolean },
): Seen {
  return { observation, source: entry.source, ageMs: nowMs - entry.seenAt, refreshing };
}

/** What was seen, as a caller gets it: immutable. Its value was frozen when it came in, and answers every later read as the same object. */
export function stateOf<Value>(seen: Seen<Value>): ResourceState<Value> {
  const { ref, value, view } = seen.observation;
  return Object.freeze({ ref, value, view, freshness: freshnessOf(seen) });
}

function freshnessOf({ observation, source, ageMs, refreshing }: Seen): Freshness {
  const { observedAt, sourceLagMs } = observation;
  return Object.freeze(
    sourceLagMs === undefined
      ? { source, observedAt, ageMs, refreshing }
      : { source, observedAt, ageMs, refreshing, sourceLagMs },
  );
}

/**
 * The answer to a get: plain data, so that it can be spread, cloned and sent to a worker as it is. That goes for its trace id too, which is
 * made at once: it costs less than a getter does.
 */
export function answerOf<Value>(
  { traceId, stats }: { readonly traceId: string; readonly stats: CallStats },
  seen: Seen<Value>,
): Answer<Value> {
  const { ref, value, view, native } = seen.observation;
  const freshness = freshnessOf(seen);
  return Object.freeze(
    native === undefined
      ? { ref, value, view, freshness, traceId, stats }
      : { ref, value, view, freshness, traceId, stats, native },
  );
}
