import { readFileSync } from "node:fs";
import { createManualClock, idempotencyStoreCases, operationStoreCases } from "@cloudlink/core/testing";
import { type RedisCluster, type RedisNode, startRedis, startRedisCluster } from "@cloudlink/testbed";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSharedCache } from "../src/index.ts";
import { connectRedis } from "../src/redis/connect-redis.ts";
import {
  createRedisIdempotencyStore,
  createRedisLimitStore,
  createRedisOperationStore,
  createRedisStore,
  type RedisClient,
} from "../src/redis/index.ts";
import { addressOf, connected, whenReady } from "./connected.ts";
import { limitStoreSuite } from "./limit-store-suite.ts";
import { sharedStoreSuite } from "./shared-store-suite.ts";

/** What comes by itself, on a machine that may be busy with other tests. */
const eventually = (look: () => unknown) => expect.poll(look, { timeout: 20_000 });

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** What the README lets a user do, as rules of Redis's. */
function documentedRules(block: RegExp): readonly string[] {
  const rules = block.exec(readme)?.[1];
  if (rules === undefined) throw new Error(`the README has no ${block}`);
  return rules.split(/[\s\\]+/).filter((rule) => rule !== "");
}

const rules = documentedRules(/^user cloudlink on >PASSWORD ([^`]*?)```/ms);
const ofCluster = documentedRules(/in a Cluster also `([^`]*)`/);

const access = { username: "cloudlink", password: "a-password-of-tests" };
const user = { name: access.username, password: access.password };

/** The commands that a node was given, as it counts them, but for those that everybody may give. */
async function commandsOf(node: RedisNode): Promise<Set<string>> {
  const counts = String(await node.command(["INFO", "commandstats"]));
  const names = [...counts.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name = ""]) => name);
  return new Set(names.filter((name) => !["hello", "auth", "quit", "reset"].includes(name)));
}

const commandsIn = (all: readonly string[]) => all.flatMap((rule) => (rule.startsWith("+") ? [rule.slice(1)] : []));

describe("a user who may do what the README says, and nothing else,", () => {
  let node: RedisNode;
  let redis: RedisClient;
  beforeAll(async () => {
    node = await startRedis({ users: [{ ...user, rules }] });
    redis = connectRedis({ url: `redis://127.0.0.1:${node.port}/1`, ...access });
    await whenReady(redis);
    // Whatever the test itself asks is none of what the user does.
    await node.command(["CONFIG", "RESETSTAT"]);
  });
  afterAll(async () => {
    redis.disconnect();
    await node.stop();
  });

  describe("is enough for a cache that", () => {
    sharedStoreSuite(() => ({
      connect: async () =>
        createRedisStore({ redis: await connected({ url: `redis://127.0.0.1:${node.port}/1`, ...access }) }),
    }));
  });

  describe("is enough for stores of which", () => {
    beforeEach(async () => {
      await node.command(["FLUSHALL"]);
    });
    const elapse = async (ms: number) => void (await node.command(["EVAL", ELAPSE, "0", String(ms)]));
    for (const { promise, run } of idempotencyStoreCases) {
      it(promise, () => run({ port: createRedisIdempotencyStore({ redis }), elapse }));
    }
    for (const { promise, run } of operationStoreCases) {
      it(promise, () => run({ port: createRedisOperationStore({ redis }), elapse }));
    }
  });

  describe("is enough for limits of which a store", () => {
    const clock = createManualClock();
    limitStoreSuite(() => ({
      connect: () => createRedisLimitStore({ redis, nowMs: clock.nowMs }),
      advance: clock.advance,
    }));
  });

  it("has used each of its rights in that", async () => {
    // As a store does that was not to be reached.
    expect(await redis.ping()).toBe("PONG");
    const used = await commandsOf(node);
    for (const own of ["config|resetstat", "flushall", "keys"]) used.delete(own);
    expect([...used].sort()).toEqual(commandsIn(rules).sort());
  });

  it("sees nothing of others", async () => {
    await expect(redis.get("elsewhere:1")).rejects.toThrow(/NOPERM/);
    await expect(redis.publish("elsewhere", "1")).rejects.toThrow(/NOPERM/);
    await expect(redis.keys("*")).rejects.toThrow(/NOPERM/);
  });
});

/** In the database of the test, shortens what is left of every TTL. */
const ELAPSE = `
redis.call('SELECT', 1)
for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('PEXPIRE', key, redis.call('PTTL', key) - ARGV[1]) end
`;

describe("a user of a Cluster", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    const line = `user ${user.name} on >${user.password} ${[...rules, ...ofCluster].join(" ")}`;
    cluster = await startRedisCluster({ config: [line] });
  });
  afterAll(() => cluster.stop());

  it("who may do what the README adds for that is heard and answered", async () => {
    const redis = await connected({ cluster: cluster.nodes.slice(0, 1).map(addressOf), ...access });
    const cache = createSharedCache({ store: createRedisStore({ redis }) });
    await eventually(() => cache.use().shared).toMatchObject({ state: "up", hears: true, trouble: undefined });
    await cache.invalidate({ tenant: "acme" });
    expect(cache.use().shared).toMatchObject({ state: "up", untold: 0 });
    await cache.close();
  });
});
