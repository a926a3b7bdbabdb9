export { createRedisStore, type RedisStoreSettings } from "./create-redis-store.ts";
export type { RedisClient } from "./redis-client.ts";
