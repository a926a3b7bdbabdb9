import { describe, expect, it } from "vitest";
import { useRedis } from "../../test/redis.ts";
import { aRef, areJoined, sharedProcess } from "../../test/shared-process.ts";
import { placeOf } from "../shared/place-of.ts";
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
});
