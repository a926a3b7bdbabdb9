import type { RedisClient } from "./redis-client.ts";

const ignore = () => {};

/**
 * Keeps ioredis from writing a client's errors to the console, as it does without a listener; what is wrong shows in what cannot be done. It is for as
 * long as there is the client, which may be used, and lose its connection, after whoever listened has gone; and once for each.
 */
export function silenceErrors(redis: RedisClient): void {
  if (!redis.listeners("error").includes(ignore)) redis.on("error", ignore);
}
