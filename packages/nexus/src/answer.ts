import {
  type Answer,
  type AnswerSource,
  type CallStats,
  type Context,
  type Freshness,
  freezeDeep,
  type Observation,
  type Ref,
  type ResourceState,
} from "@cloudlink/core";
import type { KernelCall } from "./kernel-call.ts";

/** What an observation is to a caller: frozen here, once, so that the same object may answer later reads. */
export function stateOf<Value>(
  ctx: Context,
  seen: { readonly observation: Observation<Value>; readonly source: AnswerSource },
): ResourceState<Value> {
  const { ref, value, view } = seen.observation;
  return { ref, value: freezeDeep(value), view, freshness: freshnessOf(ctx, seen) };
}

function freshnessOf(
  ctx: Context,
  { observation, source }: { readonly observation: Observation<unknown>; readonly source: AnswerSource },
): Freshness {
  const { observedAt, sourceLagMs } = observation;
  const ageMs = Math.max(0, ctx.clock.nowMs() - observedAt);
  return { source, observedAt, ageMs, ...(sourceLagMs !== undefined && { sourceLagMs }) };
}

/** The answer to a get. The trace id is made when it is first read: most answers' never is. */
export class GetAnswer<Value> implements Answer<Value> {
  readonly ref: Ref;
  readonly value: Value;
  readonly view: string;
  readonly freshness: Freshness;
  readonly stats: CallStats;
  declare readonly native?: unknown;
  readonly #call: KernelCall;

  constructor(call: KernelCall, seen: { readonly observation: Observation<Value>; readonly source: AnswerSource }) {
    const state = stateOf(call.ctx, seen);
    this.ref = state.ref;
    this.value = state.value;
    this.view = state.view;
    this.freshness = state.freshness;
    this.stats = call.stats();
    if (seen.observation.native !== undefined) this.native = seen.observation.native;
    this.#call = call;
  }

  get traceId(): string {
    return this.#call.traceId;
  }

  toJSON(): Answer<Value> {
    const { ref, value, view, freshness, traceId, stats, native } = this;
    return { ref, value, view, freshness, traceId, stats, ...(native !== undefined && { native }) };
  }
}
