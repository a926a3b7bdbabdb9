import { randomUUID } from "node:crypto";
import type { LimitStore, SharedLimit } from "@cloudlink/core";
import { SharedStoreError } from "../shared/shared-store.ts";
import type { RedisClient } from "./redis-client.ts";
import { RedisKeys } from "./redis-keys.ts";
import type { RedisScript } from "./redis-script.ts";
import { troubleOf } from "./redis-trouble.ts";
import { lowerScript, takeScript, throttledScript } from "./scripts/limit-scripts.ts";
import { silenceErrors } from "./silence-errors.ts";

/** What {@link createRedisLimitStore} takes. */
export interface RedisLimitStoreSettings {
  /** A connection of ioredis's, which stays yours to close: to one server, by Sentinel, or to a Cluster. A cache may have the same one. */
  readonly redis: RedisClient;
  /** What all keys begin with: what shares it shares the limits. `cloudlink` if left out. */
  readonly prefix?: string;
  /** For simulations: what the store's clock says, in milliseconds, in place of what the server's does. All that share it must say the same. */
  nowMs?(): number;
}

/**
 * The vendors' limits, as several processes share them by Redis 7 or later, or a server that speaks as it does: one server, a master by Sentinel, or a
 * Cluster. Each limit is one key, on the server's clock, and takes no memory once it is full and nobody has asked for a while.
 *
 * What asynchronous replication loses is lost: tokens that were taken of a master just before it died may be taken once more.
 */
export function createRedisLimitStore(settings: RedisLimitStoreSettings): LimitStore {
  const { redis, prefix = "cloudlink" } = settings;
  const keys = new RedisKeys(prefix);
  const processId = randomUUID();
  silenceErrors(redis);
  if (redis.status === "wait") redis.connect().catch(() => {});

  async function run(
    script: RedisScript,
    { limit, args }: { readonly limit: SharedLimit; readonly args: readonly (string | number)[] },
  ): Promise<unknown> {
    // What waits in its queue until it is connected again would be taken long after somebody wanted it.
    if (redis.status !== "ready") throw new SharedStoreError("it is not connected", { isDown: true });
    const { key, burst, refillPerSecond } = limit;
    try {
      return await script.run(redis, {
        keys: [keys.limit(key)],
        args: [settings.nowMs?.() ?? "", burst, refillPerSecond, ...args],
      });
    } catch (error) {
      throw troubleOf(error);
    }
  }

  return {
    async take({ limit, most, owed }) {
      const reply = await run(takeScript, { limit, args: [most, owed, processId] });
      // A client may give all numbers as text (ioredis's `stringNumbers`): "3" and "4" would make 34 calls.
      const [granted, afterMs, remaining, replicas] = (reply as unknown[]).map(Number) as [
        number,
        number,
        number,
        number,
      ];
      return { granted, afterMs, remaining, replicas };
    },
    async throttled({ limit, afterMs = 0 }) {
      await run(throttledScript, { limit, args: [afterMs] });
    },
    async lower({ limit, remaining }) {
      await run(lowerScript, { limit, args: [remaining] });
    },
  };
}
