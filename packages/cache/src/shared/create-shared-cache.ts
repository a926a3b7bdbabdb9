import { type Cache, type Clock, CloudLinkError, systemClock } from "@cloudlink/core";
import { type MemoryCacheSettings, MemoryLevel } from "../memory-level.ts";
import type { ResourceNamespace } from "../resource-namespace.ts";
import type { Invalidation } from "./invalidation.ts";
import { SharedLevel } from "./shared-level.ts";
import { SharedNamespace } from "./shared-namespace.ts";
import type { SharedStore } from "./shared-store.ts";

/** What {@link createSharedCache} takes; the bounds are of this process's memory. */
export interface SharedCacheSettings extends MemoryCacheSettings {
  /** What the processes share. The cache closes it with itself. */
  readonly store: SharedStore;
  /**
   * How long, in milliseconds, a read waits for the store before it does without. 40 if left out: ten times and more what one in the same region takes, and
   * less than half of what a vendor does.
   */
  readonly patienceMs?: number;
  readonly clock?: Clock;
}

const PATIENCE_MS = 40;

/** A cache that ends. */
export interface SharedCache extends Cache, AsyncDisposable {
  /** Stops listening, and gives back the leases it holds. What is stored stays. */
  close(): Promise<void>;
}

/**
 * A cache in this process's memory and, behind that, in a store that other processes share: what one has fetched answers the others, what one
 * invalidates the others forget, and of several that need the same at once one asks the vendor.
 *
 * Invariants, beside those of {@link createMemoryCache}: what was invalidated in any process is stored by no fill that began before in any other;
 * what is invalidated elsewhere while a process hears nothing of it answers there for 5 s at the most, from when that is noticed (within 2 s, of Redis); a store that is slow, full or gone costs a read `patienceMs` at the
 * most, once, and fails none.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for bounds or a patience that are no positive numbers, or no store.
 */
export function createSharedCache(settings: SharedCacheSettings): SharedCache {
  // Of whatever program, typed or not.
  const { store, clock = systemClock, patienceMs = PATIENCE_MS } = (settings as SharedCacheSettings | undefined) ?? {};
  if (typeof store?.listen !== "function") {
    throw invalid("A shared cache takes a store: createRedisStore of @cloudlink/cache/redis makes one.");
  }
  if (!(typeof patienceMs === "number" && patienceMs > 0)) {
    throw invalid("patienceMs is a positive number of milliseconds.");
  }
  const memory = new MemoryLevel(settings);
  const level = new SharedLevel({ store, memory, clock, patienceMs });
  // As long as somebody has the one in memory, which is found by its place.
  const namespaces = new WeakMap<ResourceNamespace, SharedNamespace>();
  const tell = (invalidation: Invalidation) => level.invalidate(invalidation);
  const close = () => level.close();
  return {
    namespace(place) {
      const inMemory = memory.namespace(place);
      let namespace = namespaces.get(inMemory);
      if (namespace === undefined) {
        namespace = new SharedNamespace(inMemory, {
          level,
          acted: (ref) => tell({ type: "action", ref }),
        });
        namespaces.set(inMemory, namespace);
      }
      return namespace;
    },
    async invalidate(selection) {
      const count = memory.invalidate(selection);
      await tell({ type: "selection", selection });
      return count;
    },
    async applied(change) {
      memory.applied(change);
      await tell({ type: "change", change });
    },
    use: () => ({ ...memory.use(), shared: level.use() }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function invalid(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidSettings", message, origin: "caller" });
}
