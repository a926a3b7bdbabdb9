import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { useRedis } from "../../test/redis.ts";
import { aRef, areJoined, sharedProcess } from "../../test/shared-process.ts";
import { createSharedCache } from "../shared/create-shared-cache.ts";
import { placeOf } from "../shared/place-of.ts";
import { createRedisLimitStore } from "./create-redis-limit-store.ts";
import { createRedisStore } from "./create-redis-store.ts";
import { RedisKeys } from "./redis-keys.ts";
import { createRedisOperationStore } from "./redis-operation-store.ts";

const redis = useRedis();

describe("a cache over a Redis", () => {
  it("is not down for one key that somebody else has written, and says what is wrong", async () => {
    const [one, other] = [sharedProcess(redis.connect()), sharedProcess(redis.connect())];
    await areJoined(one, other);
    const ref = aRef();
    await redis.client.set(new RedisKeys("cloudlink").resource(placeOf(ref), ref.key), "x");
    expect(await one.further(ref)).toBeUndefined();
    expect(one.cache.use().shared).toMatchObject({ state: "up", trouble: expect.stringContaining("WRONGTYPE") });
    await areJoined(one, other);
  });

  it("leaves no listener when it is closed before its client has connected", async () => {
    const client = redis.connect({ lazyConnect: true });
    createRedisLimitStore({ redis: client });
    const listeners = () => ["ready", "close", "error"].map((event) => client.listenerCount(event));
    const before = listeners();
    const caches = Array.from({ length: 3 }, () => createSharedCache({ store: createRedisStore({ redis: client }) }));
    await Promise.all(caches.map((cache) => cache.close()));
    expect(client.status).not.toBe("ready");
    expect(listeners()).toEqual(before);
  });

  it("leaves its client with a listener for errors: without one, ioredis writes them to the console", async () => {
    const client = new Redis(redis.node.url, { lazyConnect: true });
    onTestFinished(() => client.disconnect());
    const cache = createSharedCache({ store: createRedisStore({ redis: client }) });
    createRedisOperationStore({ redis: client });
    createRedisLimitStore({ redis: client });
    await cache.close();
    expect(client.listenerCount("error")).toBe(1);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null, "5"])("takes no keepMs of %s", (keepMs) => {
    const errors = redis.client.listenerCount("error");
    expect(() => createRedisStore({ redis: redis.client, keepMs: keepMs as number })).toThrow(
      expect.objectContaining({ reason: "ErrInvalidSettings", rawMessage: expect.stringContaining("keepMs") }),
    );
    expect(redis.client.listenerCount("error")).toBe(errors);
  });
});
