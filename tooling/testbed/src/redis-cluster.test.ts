import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisCommand } from "./redis-command.ts";
import { type RedisCluster, startRedisCluster } from "./start-redis-cluster.ts";
import { until } from "./until.ts";

describe("Redis Cluster in the test bed", () => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await startRedisCluster();
  });

  afterAll(() => cluster?.stop());

  test("has three masters that share all slots", async () => {
    expect(cluster.nodes).toHaveLength(3);
    const masters = await Promise.all([0, 5462, 16_383].map((slot) => cluster.masterOf(slot)));
    expect(masters).toEqual([...cluster.nodes]);
    for (const node of cluster.nodes) {
      expect(await node.command(["CLUSTER", "INFO"])).toContain("cluster_slots_ok:16384");
      const ranges = (await node.command(["CLUSTER", "SLOTS"])) as [number, number, [string, number]][];
      expect(ranges.map(([, , [host]]) => host)).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    }
  });

  test("sends a client on that asks the wrong one", async () => {
    const slot = await cluster.slotOf("key");
    const master = await cluster.masterOf(slot);
    await master.command(["SET", "key", "value"]);
    for (const node of cluster.nodes.filter((other) => other !== master)) {
      await expect(node.command(["GET", "key"])).rejects.toThrow(`MOVED ${slot} 127.0.0.1:${master.port}`);
    }
  });

  test("moves a slot, and can be looked at in the middle", async () => {
    const slot = await cluster.slotOf("{moved}");
    const from = await cluster.masterOf(slot);
    const to = cluster.nodes.find((node) => node !== from) ?? from;
    for (let i = 0; i < 250; i += 1) await from.command(["SET", `{moved}${i}`, String(i)]);
    await expect(cluster.moveKeys(slot)).rejects.toThrow("call beginMigration first");

    await cluster.beginMigration({ slot, to });
    expect(await from.command(["GET", "{moved}7"])).toBe("7");
    await expect(from.command(["GET", "{moved}new"])).rejects.toThrow(`ASK ${slot} 127.0.0.1:${to.port}`);
    await expect(to.command(["GET", "{moved}new"])).rejects.toThrow(`MOVED ${slot} 127.0.0.1:${from.port}`);

    await cluster.moveKeys(slot);
    await expect(from.command(["GET", "{moved}7"])).rejects.toThrow(`ASK ${slot}`);
    expect(await to.command(["CLUSTER", "COUNTKEYSINSLOT", String(slot)])).toBe(250);

    await cluster.endMigration(slot);
    expect(await to.command(["GET", "{moved}249"])).toBe("249");
    for (const node of cluster.nodes.filter((other) => other !== to)) {
      await expect(node.command(["GET", "{moved}7"])).rejects.toThrow(`MOVED ${slot} 127.0.0.1:${to.port}`);
    }
    expect(await cluster.masterOf(slot)).toBe(to);
  });
});

describe("Redis Cluster with replicas in the test bed", () => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: 1, nodeTimeoutMs: 500 });
  });

  afterAll(() => cluster?.stop());

  test("has one of each master, which takes its place when it is killed", async () => {
    const [master, , , replica] = cluster.nodes;
    if (master === undefined || replica === undefined) throw new Error("a node is missing");
    await expect(redisCommand({ port: replica.port }, ["GET", "key"])).rejects.toThrow(/^MOVED/);
    expect(await replica.command(["ROLE"])).toEqual([
      "slave",
      "127.0.0.1",
      master.port,
      "connected",
      expect.anything(),
    ]);
    await master.kill();
    await until({ what: "the replica as master", timeoutMs: 20_000 }, async () => {
      const [role] = (await replica.command(["ROLE"])) as [string];
      return role === "master" || undefined;
    });
    await until({ what: "a cluster that is whole again", timeoutMs: 20_000 }, async () => {
      return (await cluster.masterOf(0)) === replica || undefined;
    });
  });
});
