import {
  beginMoving,
  type RedisCluster,
  type RedisNode,
  type RedisSentinel,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from "@cloudlink/testbed";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { createRedisStore } from "../src/redis/create-redis-store.ts";
import type { RedisClient } from "../src/redis/redis-client.ts";
import { sharedStoreSuite } from "./shared-store-suite.ts";

/** A store over a connection that is there. */
async function storeOver(redis: RedisClient) {
  onTestFinished(() => redis.disconnect());
  if (redis.status !== "ready") await new Promise((resolve) => redis.once("ready", () => resolve(undefined)));
  return createRedisStore({ redis });
}

describe("one Redis", () => {
  let server: RedisNode;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  sharedStoreSuite(() => ({ connect: () => storeOver(new Redis(server.url)) }));
});

describe("a client that gives numbers as text", () => {
  let server: RedisNode;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  sharedStoreSuite(() => ({ connect: () => storeOver(new Redis(server.url, { stringNumbers: true })) }));
});

describe("the master by Sentinel's word, after a failover", () => {
  let sentinel: RedisSentinel;
  beforeAll(async () => {
    sentinel = await startRedisSentinel();
    await sentinel.failover("kill");
  });
  afterAll(() => sentinel.stop());

  sharedStoreSuite(() => ({
    connect() {
      const sentinels = sentinel.sentinels.map(({ host, port }) => ({ host, port }));
      return storeOver(new Redis({ sentinels, name: sentinel.masterName }));
    },
  }));
});

describe("a Cluster, in the middle of a slot's move", () => {
  let cluster: RedisCluster;
  let moving: Awaited<ReturnType<typeof beginMoving>>;
  beforeAll(async () => {
    cluster = await startRedisCluster();
    moving = await beginMoving(cluster, { key: "{fake/-/1/north/test.Thing}" });
  });
  afterAll(async () => {
    await moving.end();
    await cluster.stop();
  });

  sharedStoreSuite(() => ({ connect: () => storeOver(clientOf(cluster)) }));
});

function clientOf({ nodes }: RedisCluster): Cluster {
  return new Cluster(nodes.map(({ host, port }) => ({ host, port })));
}
