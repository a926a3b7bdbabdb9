import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RedisSentinel, startRedisSentinel } from "./start-redis-sentinel.ts";
import { until } from "./until.ts";

let redis: RedisSentinel;

beforeAll(async () => {
  redis = await startRedisSentinel({ replicas: 2 });
});

afterAll(() => redis?.stop());

/** Whether a node follows another one, and has what that one has. */
async function untilFollows(node: RedisSentinel["nodes"][number], masterPort: number): Promise<void> {
  await until({ what: "a replica", timeoutMs: 20_000 }, async () => {
    const [role, , port, link] = (await node.command(["ROLE"])) as [string, string, number, string];
    return (role === "slave" && port === masterPort && link === "connected") || undefined;
  });
}

describe("Redis Sentinel in the test bed", () => {
  test("has three sentinels that agree, and replicas that have what the master has", async () => {
    expect(redis.sentinels).toHaveLength(3);
    const master = await redis.master();
    expect(master).toBe(redis.nodes[0]);
    for (const { command } of redis.sentinels) {
      expect(await command(["SENTINEL", "CKQUORUM", redis.masterName])).toMatch(/^OK 3 usable Sentinels/);
    }
    await master.command(["SET", "key", "value"]);
    expect(await master.command(["WAIT", "2", "10000"])).toBe(2);
    for (const replica of redis.nodes.slice(1)) expect(await replica.command(["GET", "key"])).toBe("value");
  });

  test("makes another node master when it is asked to, and the former one its replica", async () => {
    const before = await redis.master();
    const after = await redis.failover("ask");
    expect(after).not.toBe(before);
    expect(await after.command(["SET", "key", "of the next"])).toBe("OK");
    await untilFollows(before, after.port);
  });

  test("makes another node master when the master is killed, which follows it when it is back", async () => {
    const before = await redis.master();
    const after = await redis.failover("kill");
    expect(after).not.toBe(before);
    expect(await after.command(["SET", "key", "of the one after"])).toBe("OK");
    await before.restart();
    await untilFollows(before, after.port);
    expect(await redis.master()).toBe(after);
  });
});
