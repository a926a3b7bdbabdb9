import type { ResourceState } from "@cloudlink/core";
import type { CacheStats } from "@cloudlink/core/calls";
import type { CachedResourceForm, CacheStatsForm } from "./cache.schema.ts";
import { encodeResourceState, type NativeIdOf } from "./resource-state.ts";

/** The form of what `cacheStats` gives. A bound that there is not is the largest number that JSON's readers agree on. */
export function encodeCacheStats({ outcomes, ...use }: CacheStats): CacheStatsForm {
  const bounded = Object.entries(use).map(([name, value]) => [name, Math.min(value, Number.MAX_SAFE_INTEGER)]);
  return { ...(Object.fromEntries(bounded) as typeof use), outcomes: { ...outcomes } };
}

/** The form of what `cached` gives. */
export function encodeCachedResource(
  states: readonly ResourceState<unknown>[],
  nativeIdOf?: NativeIdOf,
): CachedResourceForm {
  return { states: states.map((state) => encodeResourceState(state, nativeIdOf)) };
}
