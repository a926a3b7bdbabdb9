import type { ResourceState, SharedUse } from "@cloudlink/core";
import type { CacheStats } from "@cloudlink/core/calls";
import { amount, boolean, listOf, object, oneOf, type Reader, text } from "./form.ts";
import { readState } from "./resource-state.ts";

const sharedUse = object(
  {
    state: oneOf("up", "down"),
    hears: boolean,
    untold: amount,
    hits: amount,
    misses: amount,
    followed: amount,
    stored: amount,
    refused: amount,
    failed: amount,
  },
  { trouble: text },
);

const readSharedUse: Reader<SharedUse> = (form) => Object.freeze({ trouble: undefined, ...sharedUse(form) });

export const readCacheStats: Reader<CacheStats> = object(
  {
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
  },
  { shared: readSharedUse },
);

export const readCachedResource: Reader<readonly ResourceState<unknown>[]> = (form) =>
  object({ states: listOf(readState) })(form).states;

export const readInvalidated: Reader<{ readonly invalidated: number }> = object({ invalidated: amount });
