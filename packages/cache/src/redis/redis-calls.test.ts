import { inspect } from "node:util";
import { background } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { failureOf } from "../../test/failure-of.ts";
import { useRedis } from "../../test/redis.ts";
import { createRedisIdempotencyStore } from "./redis-idempotency-store.ts";
import { createRedisOperationStore } from "./redis-operation-store.ts";

const redis = useRedis();
const ctx = background();
const claim = { tenant: "acme", key: "hush-key", claimId: "first", requestHash: "hush-hash", claimTtlMs: 600_000 };
const operation = { tenant: "acme", id: "hush-id", ticket: "hush-ticket", ttlMs: 600_000 };

describe("a store in a Redis", () => {
  it.each([
    [
      "has no memory left",
      ["maxmemory", "1"],
      ["maxmemory", "0"],
      "resource_exhausted",
      "ErrQuotaExhausted",
      "OOM",
      true,
    ],
    [
      "wants more replicas",
      ["min-replicas-to-write", "9"],
      ["min-replicas-to-write", "0"],
      "unavailable",
      "ErrStoreUnavailable",
      "NOREPLICAS",
      true,
    ],
  ])("that %s says so", async (_what, broken, mended, code, reason, word, retryable) => {
    await redis.node.command(["CONFIG", "SET", ...broken]);
    try {
      const failures = [
        await failureOf(createRedisIdempotencyStore({ redis: redis.client }).claim(ctx, claim)),
        await failureOf(createRedisOperationStore({ redis: redis.client }).put(ctx, operation)),
      ];
      for (const failure of failures) {
        expect(failure).toMatchObject({
          code,
          reason,
          origin: "cache",
          details: { redis: word },
          retry: { retryable },
        });
        expect(inspect(failure, { depth: 9 })).not.toContain("hush");
      }
    } finally {
      await redis.node.command(["CONFIG", "SET", ...mended]);
    }
  });

  it("that is a replica, and takes no writes, says so", async () => {
    await redis.node.command(["REPLICAOF", "127.0.0.1", "1"]);
    try {
      const failure = await failureOf(createRedisIdempotencyStore({ redis: redis.client }).claim(ctx, claim));
      expect(failure).toMatchObject({ reason: "ErrStoreUnavailable", details: { redis: "READONLY" } });
    } finally {
      await redis.node.command(["REPLICAOF", "NO", "ONE"]);
    }
  });

  it("that does not let in is not worth another try, and the error holds nothing of what was sent", async () => {
    await redis.node.command(["ACL", "SETUSER", "mute", "on", ">hush-password", "~*", "+@connection", "+info"]);
    const client = redis.connect({ username: "mute", password: "hush-password" });
    const failures = [
      await failureOf(createRedisIdempotencyStore({ redis: client }).claim(ctx, claim)),
      await failureOf(createRedisOperationStore({ redis: client }).find(ctx, operation)),
    ];
    for (const failure of failures) {
      expect(failure).toMatchObject({
        reason: "ErrStoreUnavailable",
        retry: { retryable: false },
        details: { redis: "NOPERM" },
      });
      expect(failure.cause).toBeUndefined();
      expect(inspect(failure, { depth: 9 })).not.toContain("hush");
    }
    client.disconnect();
  });

  it("asks nothing for a caller who has left", async () => {
    using left = ctx.withCancel();
    left.cancel();
    const store = createRedisIdempotencyStore({ redis: redis.client });
    expect((await failureOf(store.claim(left, claim))).code).toBe("canceled");
    expect(await redis.client.keys("*")).toEqual([]);
  });

  it("connects by its first call, if nobody has before", async () => {
    const client = redis.connect({ lazyConnect: true });
    expect(await createRedisIdempotencyStore({ redis: client }).claim(ctx, claim)).toEqual({ state: "claimed" });
    client.disconnect();
  });

  it("has one listener wait for a connection, however many calls do", async () => {
    const client = redis.connect({ lazyConnect: true });
    const [ready, end] = [client.listenerCount("ready"), client.listenerCount("end")];
    const store = createRedisIdempotencyStore({ redis: client });
    const claims = Array.from({ length: 100 }, (_, index) => store.claim(ctx, { ...claim, key: `k${index}` }));
    expect([client.listenerCount("ready"), client.listenerCount("end")]).toEqual([ready + 1, end + 1]);
    await Promise.all(claims);
    expect([client.listenerCount("ready"), client.listenerCount("end")]).toEqual([ready, end]);
    client.disconnect();
  });

  it("keeps ioredis from writing errors to the console, by one listener, whoever else hears them", () => {
    const client = redis.connect({ lazyConnect: true });
    const before = client.listenerCount("error");
    for (let stores = 0; stores < 2; stores += 1) createRedisOperationStore({ redis: client });
    expect(client.listenerCount("error")).toBe(before + 1);
    client.removeAllListeners("error");
    createRedisOperationStore({ redis: client });
    expect(client.listenerCount("error")).toBe(1);
    client.disconnect();
  });

  it("is unavailable at once when its client was closed, also to those who waited for a connection", async () => {
    const client = redis.connect({ lazyConnect: true });
    const listeners = client.listenerCount("ready");
    const store = createRedisIdempotencyStore({ redis: client });
    const waiting = store.claim(ctx, claim);
    client.disconnect();
    expect((await failureOf(waiting)).reason).toBe("ErrStoreUnavailable");
    expect((await failureOf(store.claim(ctx, claim))).reason).toBe("ErrStoreUnavailable");
    expect(client.listenerCount("ready")).toBe(listeners);
  });

  it("that hangs is left after a second, by whoever has no less time", async () => {
    const clock = createManualClock();
    const patient = background({ clock });
    const store = createRedisIdempotencyStore({ redis: redis.client, clock });
    redis.node.freeze();
    try {
      const claims = [store.claim(patient, claim), store.claim(patient.withTimeout(400), claim)].map(failureOf);
      await clock.whenPending(2);
      expect(clock.pendingDelaysMs).toEqual([400, 1_000]);
      clock.advance(1_000);
      const [late, hasty] = await Promise.all(claims);
      expect(late).toMatchObject({ code: "unavailable", reason: "ErrStoreUnavailable", retry: { retryable: true } });
      expect(hasty?.code).toBe("deadline_exceeded");
      using leaving = patient.withCancel();
      const leavingClaim = failureOf(store.claim(leaving, claim));
      leaving.cancel();
      expect((await leavingClaim).code).toBe("canceled");
    } finally {
      redis.node.thaw();
    }
  });

  it("that is down is left after a second, and used again when it is back", async () => {
    const clock = createManualClock();
    const patient = background({ clock });
    const client = redis.connect();
    const store = createRedisIdempotencyStore({ redis: client, clock });
    await store.claim(patient, claim);
    await redis.node.kill();
    const failing = failureOf(store.claim(patient, claim));
    await clock.whenPending(1);
    clock.advance(1_000);
    expect((await failing).reason).toBe("ErrStoreUnavailable");
    const waiting = store.claim(patient, claim);
    await redis.node.restart();
    expect(await waiting).toEqual({ state: "claimed" });
    client.disconnect();
  });

  it.each([0, -1, Number.NaN])("takes no timeout of %s", (timeoutMs) => {
    expect(() => createRedisIdempotencyStore({ redis: redis.client, timeoutMs })).toThrow("timeoutMs");
  });
});
