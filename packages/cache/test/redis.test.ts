import { type RedisNode, startRedis } from "@cloudlink/testbed";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { createRedisStore } from "../src/redis/create-redis-store.ts";
import { sharedStoreSuite } from "./shared-store-suite.ts";

describe("one Redis", () => {
  let server: RedisNode;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  sharedStoreSuite(() => ({
    async connect() {
      const redis = new Redis(server.url);
      onTestFinished(() => redis.disconnect());
      await new Promise((resolve) => redis.once("ready", resolve));
      return createRedisStore({ redis });
    },
  }));
});
