import { type CacheEntry, type Ref, systemClock } from "@cloudlink/core";
import { expect, onTestFinished } from "vitest";
import { createSharedCache, type SharedCache } from "../src/index.ts";
import { createRedisStore } from "../src/redis/create-redis-store.ts";
import type { RedisClient } from "../src/redis/redis-client.ts";
import { observationOf, Thing, thingRef, thingScope } from "./thing.ts";

export const place = { scope: thingScope(), kind: Thing };

/** A process: a cache over a connection of its own. */
export interface SharedProcess {
  readonly cache: SharedCache;
  /** What the vendor says is fetched and stored. */
  fill(ref: Ref, state?: string): void;
  /** What is found further away, and nothing of what is at hand. */
  further(ref: Ref): Promise<CacheEntry | undefined>;
  isWell(): Promise<void>;
}

export function sharedProcess(redis: RedisClient): SharedProcess {
  const cache = createSharedCache({ store: createRedisStore({ redis }), random: () => 0 });
  onTestFinished(async () => {
    await cache.close();
    redis.disconnect();
  });
  const namespace = cache.namespace(place);
  return {
    cache,
    fill(ref, state = "running") {
      using fill = namespace.beginFill(systemClock, [ref]);
      fill.store(observationOf(ref, { observedAt: systemClock.nowMs(), state }), { maxAgeMs: 60_000 });
    },
    async further(ref) {
      const nowMs = Math.ceil(systemClock.monotonicMs());
      return await namespace.lookFurther({ ref, fromView: 0, nowMs, maxAgeMs: 60_000, staleMs: 0 });
    },
    isWell: async () => {
      const well = { state: "up", hears: true, untold: 0 };
      await expect.poll(() => cache.use().shared, { timeout: 20_000 }).toMatchObject(well);
    },
  };
}

let count = 0;

/** One that no other test has. */
export function aRef(): Ref {
  count += 1;
  return thingRef(`thing-${count}`);
}

export function stateOf(entry: CacheEntry | undefined): string | undefined {
  return (entry?.observation?.value as Thing | undefined)?.state;
}

/** What one stores, the other finds. */
export async function areJoined(one: SharedProcess, other: SharedProcess): Promise<void> {
  await Promise.all([one.isWell(), other.isWell()]);
  const ref = aRef();
  const found = async () => {
    one.fill(ref, "joined");
    return stateOf(await other.further(ref));
  };
  await expect.poll(found, { timeout: 10_000 }).toBe("joined");
}
