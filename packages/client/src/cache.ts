import type { Context, Kind, ResourceState, ValueOf } from "@cloudlink/core";
import type { CachedRequest, CacheStats, CacheStatsRequest, InvalidateRequest } from "@cloudlink/core/calls";
import { checkRef, keyOf } from "./check-answer.ts";
import { checkRequest, refText } from "./check-request.ts";
import type { Connection } from "./connection.ts";
import { exchange } from "./exchange.ts";
import { readCachedResource, readCacheStats, readInvalidated } from "./read/cache.ts";
import { paths } from "./wire/protocol.ts";

/** See `Calls.cached`. */
export async function cached<K extends Kind>(
  connection: Connection,
  ctx: Context,
  request: CachedRequest<K>,
): Promise<readonly ResourceState<ValueOf<K>>[]> {
  checkRequest("cached", ctx, request);
  const { kind, ref } = request;
  const states = await exchange(connection, ctx, {
    subject: { operation: "cached", ref: keyOf(ref) },
    request: () => ({ path: paths.cachedResource, query: new URLSearchParams({ ref: refText(ref), kind: kind.name }) }),
    read(form) {
      const read = readCachedResource(form);
      // All of them are of one resource, also where only the server knows which a vendor's id stands for.
      const [first] = read;
      for (const state of read) {
        checkRef(state, { ref, kind });
        checkRef(state, { ref: first?.ref, kind });
      }
      return read;
    },
  });
  return states as readonly ResourceState<ValueOf<K>>[];
}

/** See `Calls.invalidate`. */
export async function invalidate(
  connection: Connection,
  ctx: Context,
  request: InvalidateRequest,
): Promise<{ readonly invalidated: number }> {
  checkRequest("invalidate", ctx, request);
  const { ref } = request;
  return await exchange(connection, ctx, {
    subject: { operation: "invalidate", ref: ref === undefined ? undefined : keyOf(ref) },
    request: () => ({ path: paths.invalidate, body: { ...request, ...(ref !== undefined && { ref: refText(ref) }) } }),
    read: readInvalidated,
  });
}

/** See `Calls.cacheStats`. */
export async function cacheStats(
  connection: Connection,
  ctx: Context,
  request: CacheStatsRequest,
): Promise<CacheStats> {
  checkRequest("cacheStats", ctx, request);
  return await exchange(connection, ctx, {
    subject: { operation: "cacheStats" },
    request: () => ({ path: paths.cache }),
    read: readCacheStats,
  });
}
