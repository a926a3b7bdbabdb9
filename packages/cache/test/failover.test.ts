import { beginMoving, startRedisCluster, startRedisSentinel } from "@cloudlink/testbed";
import { Cluster, Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { aRef, areJoined, sharedProcess, stateOf } from "./shared-process.ts";

const addressOf = ({ host, port }: { readonly host: string; readonly port: number }) => ({ host, port });

describe("a cache whose Redis is taken over", () => {
  for (const how of ["kill", "ask"] as const) {
    it(`shares again by Sentinel's word (${how}), and heard of everything or began anew`, async () => {
      const sentinel = await startRedisSentinel();
      onTestFinished(() => sentinel.stop());
      const client = () => new Redis({ sentinels: sentinel.sentinels.map(addressOf), name: sentinel.masterName });
      const [one, other] = [sharedProcess(client()), sharedProcess(client())];
      await areJoined(one, other);
      const ref = aRef();
      one.fill(ref, "before");
      await expect.poll(async () => stateOf(await other.further(ref))).toBe("before");
      await sentinel.failover(how);
      await one.cache.invalidate({ ref });
      await areJoined(one, other);
      expect([await one.further(ref), await other.further(ref)]).toEqual([undefined, undefined]);
    });
  }

  it("shares again on a Cluster that lost a master", async () => {
    const cluster = await startRedisCluster({ replicas: 1 });
    onTestFinished(() => cluster.stop());
    const client = () => new Cluster(cluster.nodes.map(addressOf));
    const [one, other] = [sharedProcess(client()), sharedProcess(client())];
    await areJoined(one, other);
    const master = await cluster.masterOf(await cluster.slotOf("{fake/-/1/north/test.Thing}"));
    await master.kill();
    await areJoined(one, other);
  });

  it("is the same on a Cluster before a slot is moved, while that goes on, and after it", async () => {
    const cluster = await startRedisCluster();
    onTestFinished(() => cluster.stop());
    const client = () => new Cluster(cluster.nodes.map(addressOf));
    const [one, other] = [sharedProcess(client()), sharedProcess(client())];
    await areJoined(one, other);
    const [kept, forgotten] = [aRef(), aRef()];
    for (const ref of [kept, forgotten]) one.fill(ref, "before");
    await expect.poll(async () => stateOf(await other.further(forgotten))).toBe("before");
    const moving = await beginMoving(cluster, { key: "{fake/-/1/north/test.Thing}" });
    // What is there is with the one node, what is new with the other.
    await areJoined(one, other);
    await one.cache.invalidate({ ref: forgotten });
    expect([stateOf(await other.further(kept)), await other.further(forgotten)]).toEqual(["before", undefined]);
    expect(one.cache.use().shared?.untold).toBe(0);
    await moving.end();
    await areJoined(one, other);
    expect([stateOf(await other.further(kept)), await other.further(forgotten)]).toEqual(["before", undefined]);
  });
});
