import type { Cache } from "@cloudlink/core";
import { type MemoryCacheSettings, MemoryLevel } from "./memory-level.ts";

/**
 * A cache in this process's memory, for the kernel: `createNexus({ cache: createMemoryCache(), … })`.
 *
 * Invariants: an entry answers if and only if it is no older than asked for; what was invalidated is not stored by any fill that began
 * before; nothing is found from another scope; the bounds hold, and a tenant that keeps less than half of what the largest does loses
 * nothing to another; absence is kept for 2 s at the most, and for nobody for a minute after an action on something of its kind in its account and region.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for bounds that are no positive numbers.
 */
export function createMemoryCache(settings: MemoryCacheSettings = {}): Cache {
  const memory = new MemoryLevel(settings);
  return {
    namespace: (place) => memory.namespace(place),
    invalidate: (selection) => memory.invalidate(selection),
    applied: (change) => void memory.applied(change),
    use: () => memory.use(),
  };
}
