import type { Cache, CacheEntry, CacheRead, FreshnessBounds, Kind, Ref, Scope } from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { createMemoryCache } from "../src/create-memory-cache.ts";
import type { MemoryCacheSettings } from "../src/memory-level.ts";
import { observationOf, Thing, thingScope } from "./thing.ts";

/** Where, how and what, as far as a test cares. */
export interface Where {
  readonly scope?: Scope;
  readonly kind?: Kind;
}

export interface SetUp {
  readonly clock: ManualClock;
  readonly cache: Cache;
  /** A fill that begins now, and stores what the vendor said at this instant. */
  store(
    ref: Ref,
    seen?: Where & Partial<Parameters<typeof observationOf>[1]> & { readonly usual?: FreshnessBounds },
  ): void;
  storeAbsent(ref: Ref, where?: Where): void;
  look(ref: Ref, read?: Where & Partial<CacheRead>): CacheEntry | undefined;
  /** Whether anything answers a read of any age. */
  has(ref: Ref, where?: Where): boolean;
}

/** A cache on a clock of the test's, whose jitter is the test's too: none unless it says otherwise. */
export function setUp(settings: MemoryCacheSettings = {}): SetUp {
  const clock = createManualClock();
  const cache = createMemoryCache({ random: () => 0, ...settings });
  const namespace = ({ scope = thingScope(), kind = Thing }: Where) => cache.namespace({ scope, kind });
  const look: SetUp["look"] = (ref, { scope, kind, ...read } = {}) =>
    namespace({ ...(scope && { scope }), ...(kind && { kind }) }).look({
      ref,
      fromView: 1,
      nowMs: Math.ceil(clock.monotonicMs()),
      maxAgeMs: Number.POSITIVE_INFINITY,
      staleMs: 0,
      ...read,
    });
  return {
    clock,
    cache,
    store(ref, { scope, kind, usual = { maxAgeMs: 1_000 }, ...seen } = {}) {
      const observation = observationOf(ref, { observedAt: clock.nowMs(), ...seen });
      namespace({ ...(scope && { scope }), ...(kind && { kind }) })
        .beginFill(clock)
        .store(observation, usual);
    },
    storeAbsent: (ref, where = {}) => namespace(where).beginFill(clock).storeAbsent(ref),
    look,
    has: (ref, where = {}) => look(ref, { ...where, fromView: 0 }) !== undefined,
  };
}
