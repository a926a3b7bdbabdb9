import type { Answer, CallStats, Freshness, Ref, ResourceState } from "@cloudlink/core";
import type { AnswerForm, CallStatsForm, FreshnessForm, ResourceStateForm } from "./resource-state.schema.ts";

/** The vendor's own id of a ref, where there is one: a kernel's `nativeId`. */
export type NativeIdOf = (ref: Ref) => string | undefined;

const noNativeId: NativeIdOf = () => undefined;

/** The form of what `get` gives. */
export function encodeAnswer(answer: Answer<unknown>, nativeIdOf: NativeIdOf = noNativeId): AnswerForm {
  const { traceId, stats, native } = answer;
  const state = encodeResourceState(answer, nativeIdOf);
  return { ...state, ...(native !== undefined && { native }), traceId, stats: encodeStats(stats) };
}

/** The form of the state of one resource. */
export function encodeResourceState(
  { ref, view, freshness, value }: ResourceState<unknown>,
  nativeIdOf: NativeIdOf = noNativeId,
): ResourceStateForm {
  return {
    ...encodeRef(ref, nativeIdOf),
    view,
    freshness: encodeFreshness(freshness),
    // A value of a kind is an object: the kernel takes no other from a provider.
    value: value as ResourceStateForm["value"],
  };
}

export function encodeRef(ref: Ref, nativeIdOf: NativeIdOf): { ref: string; nativeId?: string } {
  const nativeId = nativeIdOf(ref);
  return nativeId === undefined ? { ref: ref.key } : { ref: ref.key, nativeId };
}

/** A fraction of a millisecond is cut off: earlier is what `observedAt` may always be. */
function encodeFreshness({ observedAt, ...rest }: Freshness): FreshnessForm {
  return { ...rest, observedAt: new Date(observedAt).toISOString() };
}

export function encodeStats({ vendorCalls, savedCalls, retries, durationMs }: CallStats): CallStatsForm {
  return { vendorCalls, savedCalls, retries, durationMs };
}
