import type { ResourceState } from "@cloudlink/core";
import type { CacheStats } from "@cloudlink/core/calls";
import { amount, listOf, object, type Reader } from "./form.ts";
import { readState } from "./resource-state.ts";

export const readCacheStats: Reader<CacheStats> = object({
  entries: amount,
  bytes: amount,
  maxEntries: amount,
  maxBytes: amount,
  evicted: amount,
  invalidated: amount,
  outcomes: object({
    hit: amount,
    stale: amount,
    miss: amount,
    collapsed: amount,
    batched: amount,
    refreshed: amount,
  }),
});

export const readCachedResource: Reader<readonly ResourceState<unknown>[]> = (form) =>
  object({ states: listOf(readState) })(form).states;

export const readInvalidated: Reader<{ readonly invalidated: number }> = object({ invalidated: amount });
