import { startRedisCluster, startRedisSentinel } from "@cloudlink/testbed";
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
});
