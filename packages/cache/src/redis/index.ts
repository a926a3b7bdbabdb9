export { connectRedis } from "./connect-redis.ts";
export { createRedisLimitStore, type RedisLimitStoreSettings } from "./create-redis-limit-store.ts";
export { createRedisStore, type RedisStoreSettings } from "./create-redis-store.ts";
export type { RedisConnectionSettings } from "./redis-calls.ts";
export type { RedisClient } from "./redis-client.ts";
export type {
  ClusterRedisSettings,
  RedisAccess,
  RedisAddress,
  RedisClientSettings,
  RedisTlsSettings,
  SentinelRedisSettings,
  SingleRedisSettings,
} from "./redis-client-settings.ts";
export { createRedisIdempotencyStore, type RedisIdempotencyStoreSettings } from "./redis-idempotency-store.ts";
export { createRedisOperationStore, type RedisOperationStoreSettings } from "./redis-operation-store.ts";
