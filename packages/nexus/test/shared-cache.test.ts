import { createLocalStores, createSharedCache, type SharedStore } from "@cloudlink/cache";
import { createRedisStore, type RedisClient } from "@cloudlink/cache/redis";
import { background } from "@cloudlink/core";
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
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createNexus, type Nexus } from "../src/index.ts";
import { asked, type HoldingProvider, holdingProvider } from "./cached-kernel.ts";
import { failureOf, refused, throttled } from "./errors.ts";
import { Thing, thingRef } from "./thing.ts";

const ctx = background().withTenant("acme");
const recent = { kind: Thing, maxAgeMs: 60_000 };

/** A process: its kernel, with a vendor of its own whose answers wait for the test, over a cache that it shares. */
interface Replica {
  readonly nexus: Nexus;
  readonly vendor: HoldingProvider;
}

/** What replicas promise each other, over whatever store. */
function sharedCacheSuite(connect: () => SharedStore | Promise<SharedStore>): void {
  async function replica(): Promise<Replica> {
    const cache = createSharedCache({ store: await connect(), patienceMs: 5_000 });
    onTestFinished(() => cache.close());
    await expect.poll(() => cache.use().shared).toMatchObject({ state: "up", hears: true });
    const vendor = holdingProvider();
    const accounts = [{ provider: "fake", partition: "-", account: "1", regions: ["north"], role: "reader" }];
    const nexus = createNexus({ providers: [vendor], accounts, cache });
    onTestFinished(() => nexus.close());
    return { nexus, vendor };
  }

  it("what one has read answers the other, with its true age", async () => {
    const [one, other] = [await replica(), await replica()];
    const ref = thingRef("read");
    const first = one.nexus.get(ctx, { ...recent, ref });
    await one.vendor.whenCalled(1);
    one.vendor.held[0]?.answer();
    const { freshness } = await first;
    const second = await other.nexus.get(ctx, { ...recent, ref });
    expect(second.value).toEqual((await first).value);
    expect(second.freshness).toMatchObject({ source: "redis", observedAt: freshness.observedAt });
    expect(second.stats).toMatchObject({ vendorCalls: 0, savedCalls: 1 });
    expect((await other.nexus.get(ctx, { ...recent, ref })).freshness.source).toBe("memory");
    expect(asked(other.vendor)).toEqual([]);
  });

  it("a miss on both at once is one vendor call, however many wait", async () => {
    const [one, other] = [await replica(), await replica()];
    const ref = thingRef("both");
    const reads = (nexus: Nexus) => Array.from({ length: 250 }, () => nexus.get(ctx, { ...recent, ref }));
    const all = [...reads(one.nexus), ...reads(other.nexus)];
    await Promise.race([one.vendor.whenCalled(1), other.vendor.whenCalled(1)]);
    const [leader] = [one, other].filter(({ vendor }) => vendor.held.length > 0) as [Replica];
    leader.vendor.held[0]?.answer();
    const answers = await Promise.all(all);
    expect(new Set(answers.map(({ freshness }) => freshness.observedAt)).size).toBe(1);
    expect([...asked(one.vendor), ...asked(other.vendor)]).toHaveLength(1);
  });

  it("a fetch that fails is its own, and who followed it makes another", async () => {
    const [one, other] = [await replica(), await replica()];
    const ref = thingRef("failing");
    const first = failureOf(one.nexus.get(ctx, { ...recent, ref }));
    await one.vendor.whenCalled(1);
    const second = other.nexus.get(ctx, { ...recent, ref });
    await expect.poll(async () => (await other.nexus.cacheStats(ctx, {})).shared?.followed).toBe(1);
    one.vendor.held[0]?.fail(refused("ErrCredentialsInvalid"));
    expect((await first).code).toBe("unauthenticated");
    await other.vendor.whenCalled(1);
    other.vendor.held[0]?.answer();
    expect((await second).freshness.source).toBe("live");
  });

  it("an action on one is seen by the other at once, and undone by no fill that began before", async () => {
    const [one, other] = [await replica(), await replica()];
    const ref = thingRef("acted");
    const before = one.nexus.get(ctx, { ...recent, ref });
    await one.vendor.whenCalled(1);
    one.vendor.held[0]?.answer();
    await before;
    expect((await other.nexus.get(ctx, { ...recent, ref })).freshness.source).toBe("redis");
    const late = one.nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 0 });
    await one.vendor.whenCalled(2);
    await other.nexus.act(ctx, { kind: Thing, ref, action: "polish" });
    one.vendor.held[1]?.answer();
    await late;
    for (const { nexus, vendor } of [other, one]) {
      const count = vendor.held.length;
      const after = nexus.get(ctx, { ...recent, ref });
      await expect.poll(() => vendor.held.length).toBe(count + 1);
      vendor.held[count]?.answer();
      expect((await after).freshness.source).toBe("live");
      await nexus.invalidate(ctx, { ref });
    }
  });

  it("what one has read answers the other when the vendor cannot", async () => {
    const [one, other] = [await replica(), await replica()];
    const ref = thingRef("stale");
    const read = one.nexus.get(ctx, { ...recent, ref });
    await one.vendor.whenCalled(1);
    one.vendor.held[0]?.answer();
    const { freshness } = await read;
    const stale = other.nexus.get(ctx.withTimeout(2_000), { kind: Thing, ref, maxAgeMs: 0, staleIfErrorMs: 60_000 });
    await other.vendor.whenCalled(1);
    other.vendor.held[0]?.fail(throttled(10_000));
    expect((await stale).freshness).toMatchObject({ source: "redis", observedAt: freshness.observedAt });
  });

  it("an invalidation of a whole tenant or kind reaches what is stored, and nothing of others", async () => {
    const [one, other] = [await replica(), await replica()];
    const ref = thingRef("selected");
    const tenants = ["acme", "umbrella"].map((name) => ctx.withTenant(name));
    for (const [index, tenant] of tenants.entries()) {
      const read = one.nexus.get(tenant, { ...recent, ref });
      await one.vendor.whenCalled(index + 1);
      one.vendor.held[index]?.answer();
      await read;
    }
    await one.nexus.invalidate(ctx, { kind: Thing.name });
    const [acme, umbrella] = tenants.map((tenant) => other.nexus.get(tenant, { ...recent, ref }));
    expect((await umbrella)?.freshness.source).toBe("redis");
    await other.vendor.whenCalled(1);
    other.vendor.held[0]?.answer();
    expect((await acme)?.freshness.source).toBe("live");
  });
}

describe("replicas over a store in memory", () => {
  let stores = createLocalStores();
  beforeAll(() => {
    stores = createLocalStores();
  });
  sharedCacheSuite(() => stores.connect());
});

/** A store over a connection of its own. */
function storeOver(redis: RedisClient): SharedStore {
  onTestFinished(() => redis.disconnect());
  return createRedisStore({ redis });
}

describe("replicas over one Redis", () => {
  let server: RedisNode;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  sharedCacheSuite(() => storeOver(new Redis(server.url)));
});

describe("replicas over the master by Sentinel's word", () => {
  let sentinel: RedisSentinel;
  beforeAll(async () => {
    sentinel = await startRedisSentinel();
    await sentinel.failover("kill");
  });
  afterAll(() => sentinel.stop());
  sharedCacheSuite(() =>
    storeOver(new Redis({ sentinels: addressesOf(sentinel.sentinels), name: sentinel.masterName })),
  );
});

describe("replicas over a Cluster, in the middle of a slot's move", () => {
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
  sharedCacheSuite(() => storeOver(new Cluster(addressesOf(cluster.nodes))));
});

function addressesOf(nodes: readonly RedisNode[]): { readonly host: string; readonly port: number }[] {
  return nodes.map(({ host, port }) => ({ host, port }));
}
