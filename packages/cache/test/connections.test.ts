import { Secret } from "@cloudlink/core";
import {
  type RedisNode,
  type RedisSentinel,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from "@cloudlink/testbed";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createSharedCache } from "../src/index.ts";
import { createRedisStore } from "../src/redis/create-redis-store.ts";
import type { RedisClient } from "../src/redis/redis-client.ts";
import { addressOf, connected, connecting } from "./connected.ts";

/** What comes by itself, on a machine that may be busy with other tests. */
const eventually = (look: () => unknown) => expect.poll(look, { timeout: 20_000 });

const PASSWORD = "a-password-of-tests";

/** How a cache over a client stands, as whoever runs a server sees it. */
function standing(redis: RedisClient) {
  const cache = createSharedCache({ store: createRedisStore({ redis }) });
  onTestFinished(() => cache.close());
  return () => {
    const { shared } = cache.use();
    return { state: shared?.state, trouble: shared?.trouble, hears: shared?.hears };
  };
}

const up = { state: "up", hears: true };

describe("one Redis, with a password and TLS", () => {
  let node: RedisNode;
  beforeAll(async () => {
    node = await startRedis({ password: PASSWORD, tls: true });
  });
  afterAll(() => node.stop());

  const url = () => `rediss://127.0.0.1:${node.port}/2`;
  const tls = () => ({ ca: node.ca ?? "" });

  it("is reached, and finds the connection by its name", async () => {
    const redis = await connected({ url: url(), tls: tls(), password: new Secret(PASSWORD) });
    await redis.set("somewhere", "2");
    expect(await redis.client("INFO")).toMatch(/name=cloudlink .*db=2/);
    await eventually(standing(redis)).toMatchObject(up);
  });

  it.each([
    ["a wrong password", "its password or user is wrong", () => ({ tls: tls(), password: "another" })],
    [
      "a user that it does not have",
      "its password or user is wrong",
      () => ({ tls: tls(), username: "nobody", password: PASSWORD }),
    ],
    ["no password", "it wants a password", () => ({ tls: tls() })],
    ["an authority that nobody trusts", "it cannot be reached", () => ({ password: PASSWORD })],
  ])("says what is wrong with %s, and nothing on the console", async (_, trouble, settings) => {
    const silent = (["log", "warn", "error"] as const).map((level) => vi.spyOn(console, level));
    const look = standing(connecting({ url: url(), ...settings() }));
    await eventually(look).toEqual({ state: "down", trouble, hears: false });
    for (const spy of silent) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});

describe("a Redis that comes and goes", () => {
  it("is waited for, by nothing that is asked of it, and comes back after a kill", async () => {
    await using node = await startRedis();
    const redis = connecting({ url: node.url });
    await node.kill();
    const look = standing(redis);
    await expect
      .poll(look)
      .toMatchObject({ state: "down", hears: false, trouble: expect.stringMatching(/reached|connected/) });
    await expect(redis.get("a")).rejects.toThrow();
    await node.restart();
    await eventually(look).toMatchObject(up);
    await node.kill();
    await eventually(look).toMatchObject({ state: "down", hears: false });
    await node.restart();
    await eventually(look).toMatchObject(up);
  });

  it("that hangs is given up after a while, and what was asked of it fails before", async () => {
    await using node = await startRedis();
    const redis = await connected({ url: node.url });
    node.freeze();
    const closed = new Promise<void>((resolve) => redis.once("close", () => resolve()));
    const asked = redis.get("a");
    await expect(asked).rejects.toThrow("Command timed out");
    await closed;
    node.thaw();
    await eventually(() => redis.status).toBe("ready");
  });
});

describe("a master by Sentinel's word", () => {
  let sentinel: RedisSentinel;
  beforeAll(async () => {
    sentinel = await startRedisSentinel();
  });
  afterAll(() => sentinel.stop());

  const settings = () => ({ sentinels: sentinel.sentinels.map(addressOf), masterName: sentinel.masterName });

  it("is followed when another one takes over, with nothing on the console", async () => {
    const silent = (["log", "warn", "error"] as const).map((level) => vi.spyOn(console, level));
    const look = standing(await connected(settings()));
    const redis = await connected(settings());
    await eventually(look).toMatchObject(up);
    const before = await sentinel.master();
    const after = await sentinel.failover("kill");
    await eventually(look).toMatchObject(up);
    await eventually(() => redis.set("a", "b").catch(() => undefined)).toBe("OK");
    expect(await after.command(["GET", "a"])).toBe("b");
    await before.restart();
    for (const spy of silent) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it("is none where nobody knows its name", async () => {
    const look = standing(connecting({ ...settings(), masterName: "nobody" }));
    await eventually(look).toMatchObject({ state: "down", trouble: "it cannot be reached" });
  });
});

describe("a Cluster", () => {
  it("is reached by one of its nodes, and says what is wrong where it lets nobody in", async () => {
    await using cluster = await startRedisCluster();
    const nodes = cluster.nodes.slice(0, 1).map(addressOf);
    const redis = await connected({ cluster: nodes });
    await Promise.all(Array.from({ length: 20 }, (_, index) => redis.set(`key-${index}`, "1")));
    await eventually(standing(redis)).toMatchObject(up);
    const look = standing(connecting({ cluster: nodes, username: "nobody", password: "wrong" }));
    await eventually(look).toEqual({ state: "down", trouble: "its password or user is wrong", hears: false });
  });
});
