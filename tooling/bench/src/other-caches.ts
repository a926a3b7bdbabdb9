import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { createCache } from "cache-manager";
import { Cacheable, createKeyv } from "cacheable";
import { LRUCache } from "lru-cache";

/** A cache of somebody else's, asked for a value that it gets by itself when it has none. */
export interface OtherCache {
  /** With the call that is made. */
  readonly name: string;
  get(key: string): Promise<unknown>;
  close(): Promise<void>;
}

/** How they are filled. */
export interface OtherCacheSettings {
  readonly maxEntries: number;
  readonly ttlMs: number;
  fill(key: string): Promise<object>;
}

/**
 * The caches there are, in memory, each as its documentation has it, but that none copies or serializes what it keeps: the subject does not
 * either, since what it keeps is frozen.
 */
export function otherCaches({ maxEntries, ttlMs, fill }: OtherCacheSettings): readonly OtherCache[] {
  const bento = new BentoCache({
    default: "memory",
    stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: maxEntries, serialize: false })) },
  });
  const manager = createCache({ ttl: ttlMs });
  const cacheable = new Cacheable({ primary: createKeyv({ useClone: false, lruSize: maxEntries }) });
  const lru = new LRUCache<string, object>({ max: maxEntries, ttl: ttlMs, fetchMethod: fill });
  return [
    {
      name: "bentocache getOrSet",
      get: (key) => bento.getOrSet({ key, factory: () => fill(key), ttl: ttlMs }),
      close: () => bento.disconnectAll(),
    },
    {
      name: "cache-manager wrap",
      get: (key) => manager.wrap(key, () => fill(key), ttlMs),
      close: async () => void (await manager.disconnect()),
    },
    {
      name: "cacheable getOrSet",
      get: (key) => cacheable.getOrSet(key, () => fill(key), { ttl: ttlMs }),
      close: () => cacheable.disconnect(),
    },
    { name: "lru-cache fetch", get: (key) => lru.fetch(key), close: async () => lru.clear() },
  ];
}
