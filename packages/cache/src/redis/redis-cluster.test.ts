import { once } from "node:events";
import { idempotencyStoreCases, operationStoreCases } from "@cloudlink/core/testing";
import { type RedisNode, startRedis } from "@cloudlink/testbed";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, it } from "vitest";
import { createRedisIdempotencyStore } from "./redis-idempotency-store.ts";
import { createRedisOperationStore } from "./redis-operation-store.ts";

let node: RedisNode;
let redis: Cluster;

/** One node has all slots, and refuses as any Cluster does what is of two. */
beforeAll(async () => {
  node = await startRedis({ config: ["cluster-enabled yes", "cluster-announce-ip 127.0.0.1"] });
  await node.command(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  redis = new Cluster([{ host: node.host, port: node.port }]);
  // A node serves its slots two seconds after it has them.
  await once(redis, "ready");
});
beforeEach(async () => {
  await node.command(["FLUSHALL"]);
});
afterAll(async () => {
  redis?.disconnect();
  await node?.stop();
});

async function elapse(ms: number): Promise<void> {
  for (const key of (await node.command(["KEYS", "*"])) as readonly string[])
    await redis.pexpire(key, (await redis.pttl(key)) - ms);
}

describe("in a Cluster, the Redis idempotency store", () => {
  for (const { promise, run } of idempotencyStoreCases)
    it(promise, () => run({ port: createRedisIdempotencyStore({ redis }), elapse }));
});

describe("in a Cluster, the Redis operation store", () => {
  for (const { promise, run } of operationStoreCases)
    it(promise, () => run({ port: createRedisOperationStore({ redis }), elapse }));
});
