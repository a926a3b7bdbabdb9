import { describe, expect, it } from "vitest";
import { useRedis } from "../../test/redis.ts";
import { aRef, areJoined, sharedProcess } from "../../test/shared-process.ts";
import { placeOf } from "../shared/place-of.ts";
import { createRedisStore } from "./create-redis-store.ts";
import { RedisKeys } from "./redis-keys.ts";

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

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null, "5"])("takes no keepMs of %s", (keepMs) => {
    const errors = redis.client.listenerCount("error");
    expect(() => createRedisStore({ redis: redis.client, keepMs: keepMs as number })).toThrow(
      expect.objectContaining({ reason: "ErrInvalidSettings", rawMessage: expect.stringContaining("keepMs") }),
    );
    expect(redis.client.listenerCount("error")).toBe(errors);
  });
});
