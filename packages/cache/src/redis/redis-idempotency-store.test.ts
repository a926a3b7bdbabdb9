import { idempotencyStoreCases } from "@cloudlink/core/testing";
import { describe, it } from "vitest";
import { useRedis } from "../../test/redis.ts";
import { createRedisIdempotencyStore } from "./redis-idempotency-store.ts";

const redis = useRedis();

describe("the Redis idempotency store", () => {
  for (const { promise, run } of idempotencyStoreCases) {
    it(promise, () => run({ port: createRedisIdempotencyStore({ redis: redis.client }), elapse: redis.elapse }));
  }
});
