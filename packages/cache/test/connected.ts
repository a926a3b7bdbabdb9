import type { RedisNode } from "@cloudlink/testbed";
import { onTestFinished } from "vitest";
import { connectRedis } from "../src/redis/connect-redis.ts";
import type { RedisClient } from "../src/redis/redis-client.ts";
import type { RedisClientSettings } from "../src/redis/redis-client-settings.ts";

/** A client that ends with the test, connected or not. */
export function connecting(settings: RedisClientSettings): RedisClient {
  const redis = connectRedis(settings);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** A client that is connected, and ends with the test. */
export async function connected(settings: RedisClientSettings): Promise<RedisClient> {
  const redis = connecting(settings);
  await whenReady(redis);
  return redis;
}

export async function whenReady(redis: RedisClient): Promise<void> {
  if (redis.status !== "ready") await new Promise<void>((resolve) => redis.once("ready", () => resolve()));
}

/** Where a node listens. */
export function addressOf({ host, port }: RedisNode) {
  return { host, port };
}
