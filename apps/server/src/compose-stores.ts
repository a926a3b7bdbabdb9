import { createMemoryCache, createSharedCache } from "@cloudlink/cache";
import type { RedisClient } from "@cloudlink/cache/redis";
import type { ConfiguredCache, ConfiguredRedis } from "@cloudlink/config";
import { type Cache, type IdempotencyStore, type LimitStore, noCache, type OperationStore } from "@cloudlink/core";

/** What a kernel keeps things in, under the names that `createNexus` takes them by. What is left out, it has in its own memory. */
export interface KernelStores {
  readonly cache: Cache;
  readonly idempotency?: IdempotencyStore;
  readonly operations?: OperationStore;
  readonly limits?: { readonly store: LimitStore };
}

/** Stores, and the end of them: after the kernel's. */
export interface ComposedStores {
  readonly stores: KernelStores;
  close(): Promise<void>;
}

/** What the stores of a server are made of. */
export interface StoresRequest {
  readonly cache: ConfiguredCache;
  readonly redis: ConfiguredRedis | undefined;
}

/** Keeps what is kept in memory; where there is a Redis, it is shared with whoever else has the same. It need not be reached for that. */
export async function composeStores({ cache, redis }: StoresRequest): Promise<ComposedStores> {
  return redis === undefined ? inMemory(cache) : await inRedis({ cache, redis });
}

function inMemory({ enabled, ...bounds }: ConfiguredCache): ComposedStores {
  return { stores: { cache: enabled ? createMemoryCache(bounds) : noCache }, close: async () => {} };
}

async function inRedis({ cache, redis }: { readonly cache: ConfiguredCache; readonly redis: ConfiguredRedis }) {
  const { prefix, keepMs, patienceMs, ...connection } = redis;
  // Loaded where there is a Redis alone: most start without, and its client takes a while.
  const ofRedis = await import("@cloudlink/cache/redis");
  const client = ofRedis.connectRedis(connection);
  try {
    const place = { redis: client, ...(prefix !== undefined && { prefix }) };
    // What another part of the kernel shares comes here, too, as another store of the same client.
    const others = {
      idempotency: ofRedis.createRedisIdempotencyStore(place),
      operations: ofRedis.createRedisOperationStore(place),
      limits: { store: ofRedis.createRedisLimitStore(place) },
    };
    const { enabled, ...bounds } = cache;
    const shared = enabled
      ? createSharedCache({
          ...bounds,
          store: ofRedis.createRedisStore({ ...place, ...(keepMs !== undefined && { keepMs }) }),
          ...(patienceMs !== undefined && { patienceMs }),
        })
      : undefined;
    return {
      stores: { cache: shared ?? noCache, ...others },
      async close() {
        await shared?.close();
        await closeRedis(client);
      },
    };
  } catch (error) {
    // It would go on connecting, and keep the process, with nobody there to close it.
    client.disconnect();
    throw error;
  }
}

/** Lets what was said last go out, such as leases that are given back. A connection that there is not has nothing to send. */
async function closeRedis(redis: RedisClient): Promise<void> {
  if (redis.status === "ready") await redis.quit().catch(() => {});
  redis.disconnect();
}
