import type { OperationKey, OperationStore } from "@cloudlink/core";
import { createRedisCalls, type RedisConnectionSettings } from "./redis-calls.ts";
import { redisKey } from "./redis-key.ts";

/** What {@link createRedisOperationStore} takes. */
export type RedisOperationStoreSettings = RedisConnectionSettings;

/**
 * Keeps what it takes to go on with an operation in a Redis: replicas that share it follow each other's operations, without a token key that
 * all of them know. Expiry is Redis's own. One that evicts keys, or loses them, loses operations before their time: their tokens are not good any
 * more, and the resource itself says how it stands.
 *
 * All calls reject with what their context ended with; `unavailable` (`ErrStoreUnavailable`) when Redis cannot be reached, does not answer in
 * time, or refuses; `resource_exhausted` (`ErrQuotaExhausted`) when it has no memory left.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a timeout that is not positive.
 */
export function createRedisOperationStore(settings: RedisOperationStoreSettings): OperationStore {
  const { redis, prefix } = settings;
  // The `1` is for the way it is kept; what a ticket is, whoever puts it says in it.
  const keyOf = ({ tenant, id }: OperationKey) => redisKey("operation:1", { prefix, parts: [tenant, id] });
  const calls = createRedisCalls(settings, "What goes on with an operation");
  return {
    async put(ctx, operation) {
      const { ticket, ttlMs } = operation;
      await calls.run(ctx, { send: () => redis.set(keyOf(operation), ticket, "PX", Math.ceil(ttlMs)) });
    },
    async find(ctx, key) {
      return (await calls.run(ctx, { send: () => redis.get(keyOf(key)) })) ?? undefined;
    },
  };
}
