import { createLimitStoreDouble, createManualClock } from "@cloudlink/core/testing";
import { type RedisCluster, type RedisNode, startRedis, startRedisCluster } from "@cloudlink/testbed";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createRedisLimitStore } from "../src/redis/create-redis-limit-store.ts";
import { limitStoreSuite } from "./limit-store-suite.ts";

describe("the double of a store of limits", () => {
  const clock = createManualClock();
  const double = createLimitStoreDouble({ clock });
  limitStoreSuite(() => ({ connect: () => double.store(), advance: clock.advance }));
});

describe("a store of limits in Redis", () => {
  let server: RedisNode;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  async function connect(): Promise<Redis> {
    const redis = new Redis(server.url);
    onTestFinished(() => redis.disconnect());
    await new Promise((resolve) => redis.once("ready", resolve));
    return redis;
  }

  const clock = createManualClock();
  let shared: Promise<Redis> | undefined;
  limitStoreSuite(() => ({
    async connect() {
      // One connection for all: a case makes hundreds of stores.
      shared ??= (async () => {
        const redis = new Redis(server.url);
        await new Promise((resolve) => redis.once("ready", resolve));
        return redis;
      })();
      return createRedisLimitStore({ redis: await shared, nowMs: clock.nowMs });
    },
    advance: clock.advance,
  }));
  afterAll(async () => (await shared)?.disconnect());

  it("goes by the server's clock, and leaves nothing of a bucket that is full again", async () => {
    const redis = await connect();
    const store = createRedisLimitStore({ redis, prefix: "own" });
    const limit = { key: "fake/reads/1", burst: 5, refillPerSecond: 100 };
    expect(await store.take({ limit, most: 5, owed: 0 })).toMatchObject({ granted: 5, replicas: 1 });
    let given = await store.take({ limit, most: 1, owed: 0 });
    while (given.granted === 0) given = await store.take({ limit, most: 1, owed: 0 });
    expect(given.granted).toBe(1);
    const keys = await redis.keys("own*");
    expect(keys).toEqual(["own:1:limit:{fake/reads/1}"]);
    const leftMs = await redis.pttl(keys[0] as string);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(11_000);
  });

  it("gives numbers, whatever a client makes of those it is given", async () => {
    const redis = new Redis(server.url, { stringNumbers: true });
    onTestFinished(() => redis.disconnect());
    await new Promise((resolve) => redis.once("ready", resolve));
    const store = createRedisLimitStore({ redis });
    const limit = { key: "fake/reads/3", burst: 5, refillPerSecond: 0.001 };
    const grant = await store.take({ limit, most: 3, owed: 0 });
    expect(grant).toMatchObject({ granted: 3, afterMs: 0, replicas: 1 });
  });

  it("says at once that it is not connected, and queues nothing", async () => {
    const redis = await connect();
    const store = createRedisLimitStore({ redis });
    redis.disconnect();
    await new Promise((resolve) => redis.once("end", resolve));
    const limit = { key: "fake/reads/2", burst: 5, refillPerSecond: 100 };
    await expect(store.take({ limit, most: 1, owed: 0 })).rejects.toThrow("not connected");
  });
});

describe("a store of limits on a Cluster", () => {
  let cluster: RedisCluster;
  let redis: Cluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
    redis = new Cluster([...cluster.nodes].map(({ host, port }) => ({ host, port })));
    if (redis.status !== "ready") await new Promise((resolve) => redis.once("ready", () => resolve(undefined)));
  });
  afterAll(async () => {
    redis?.disconnect();
    await cluster.stop();
  });

  const clock = createManualClock();
  limitStoreSuite(() => ({
    connect: () => createRedisLimitStore({ redis, nowMs: clock.nowMs }),
    advance: clock.advance,
  }));
});
