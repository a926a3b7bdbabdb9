import type { ResourceState, SharedUse } from "@cloudlink/core";
import type { CacheStats } from "@cloudlink/core/calls";
import type { CachedResourceForm, CacheStatsForm, SharedStandingForm } from "./cache.schema.ts";
import { encodeResourceState, type NativeIdOf } from "./resource-state.ts";

/** The form of what `cacheStats` gives. A bound that there is not is the largest number that JSON's readers agree on. */
export function encodeCacheStats({ outcomes, shared, ...use }: CacheStats): CacheStatsForm {
  const bounded = Object.entries(use).map(([name, value]) => [name, Math.min(value, Number.MAX_SAFE_INTEGER)]);
  return {
    ...(Object.fromEntries(bounded) as typeof use),
    ...(shared !== undefined && { shared: encodeSharedUse(shared) }),
    outcomes: { ...outcomes },
  };
}

function encodeSharedUse({ trouble, ...shared }: SharedUse): NonNullable<CacheStatsForm["shared"]> {
  return { ...shared, ...(trouble !== undefined && { trouble }) };
}

/** How the level stands that processes share, without what it counted. */
export function encodeSharedStanding({ state, trouble, hears, untold }: SharedUse): SharedStandingForm {
  return { state, ...(trouble !== undefined && { trouble }), hears, untold };
}

/** The form of what `cached` gives. */
export function encodeCachedResource(
  states: readonly ResourceState<unknown>[],
  nativeIdOf?: NativeIdOf,
): CachedResourceForm {
  return { states: states.map((state) => encodeResourceState(state, nativeIdOf)) };
}
