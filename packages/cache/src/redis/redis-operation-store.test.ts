import { operationStoreCases } from "@cloudlink/core/testing";
import { describe, it } from "vitest";
import { useRedis } from "../../test/redis.ts";
import { createRedisOperationStore } from "./redis-operation-store.ts";

const redis = useRedis();

describe("the Redis operation store", () => {
  for (const { promise, run } of operationStoreCases) {
    it(promise, () => run({ port: createRedisOperationStore({ redis: redis.client }), elapse: redis.elapse }));
  }
});
