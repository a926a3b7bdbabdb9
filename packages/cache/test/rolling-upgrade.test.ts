import { type CacheEntry, defineKind, type Kind, systemClock } from "@cloudlink/core";
import { type RedisNode, startRedis } from "@cloudlink/testbed";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createSharedCache } from "../src/index.ts";
import { createRedisStore } from "../src/redis/create-redis-store.ts";
import { observationOf, Thing, thingRef, thingScope } from "./thing.ts";

/** The same kind, of the next major version. */
const NextThing = defineKind<Thing>()({ ...Thing, major: 2 });

describe("a deployment of another version beside this one, on one Redis", () => {
  let server: RedisNode;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  async function deployment(kind: Kind) {
    const redis = new Redis(server.url);
    const cache = createSharedCache({ store: createRedisStore({ redis }), random: () => 0 });
    onTestFinished(async () => {
      await cache.close();
      redis.disconnect();
    });
    await expect.poll(() => cache.use().shared).toMatchObject({ state: "up", hears: true });
    const namespace = cache.namespace({ scope: thingScope(), kind });
    const ref = thingRef("shared");
    return {
      cache,
      redis,
      async fill(state: string) {
        const { stored = 0 } = cache.use().shared ?? {};
        // Looked for first, as a read does.
        await namespace.lookFurther({ ref, fromView: 0, nowMs: now(), maxAgeMs: 0, staleMs: 0 });
        using fill = namespace.beginFill(systemClock, [ref]);
        fill.store(observationOf(ref, { observedAt: systemClock.nowMs(), state }), { maxAgeMs: 60_000 });
        await expect.poll(() => cache.use().shared?.stored).toBe(stored + 1);
      },
      async further() {
        const entry = await namespace.lookFurther({ ref, fromView: 0, nowMs: now(), maxAgeMs: 60_000, staleMs: 0 });
        return stateOf(entry);
      },
    };
  }

  it("reads nothing of the other's, and hears of what that invalidates", async () => {
    const [old, next] = [await deployment(Thing), await deployment(NextThing)];
    await old.fill("as the old one says it");
    expect(await next.further()).toBeUndefined();
    await next.fill("as the new one says it");
    expect([await old.further(), await next.further()]).toEqual(["as the old one says it", "as the new one says it"]);
    await old.cache.invalidate({ ref: thingRef("shared") });
    expect([await old.further(), await next.further()]).toEqual([undefined, undefined]);
  });

  it("that writes what this one cannot read is a miss, and fails nothing", async () => {
    const one = await deployment(Thing);
    await one.fill("readable");
    const [key = ""] = await one.redis.keys("*shared");
    const field = (await one.redis.hkeys(key)).find((name) => name.startsWith("e ")) ?? "";
    const header = (await one.redis.hget(key, field))?.slice(0, 23);
    for (const text of ['[2,{"of":"tomorrow"}]', "[1,2,3]", "{", "", "null", '[1,1,0,"narrow",null,null,0,{}]']) {
      await one.redis.hset(key, field, `${header}${text}`);
      expect(await one.further()).toBeUndefined();
    }
    await one.fill("readable again");
    expect(await one.further()).toBe("readable again");
  });
});

function now(): number {
  return Math.ceil(systemClock.monotonicMs());
}

function stateOf(entry: CacheEntry | undefined): string | undefined {
  return (entry?.observation?.value as Thing | undefined)?.state;
}
