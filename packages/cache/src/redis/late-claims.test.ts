import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { background, type Context, type IdempotencyStore } from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { failureOf } from "../../test/failure-of.ts";
import { useRedis } from "../../test/redis.ts";
import { createRedisIdempotencyStore } from "./redis-idempotency-store.ts";

const redis = useRedis();
const claim = { tenant: "acme", key: "k", claimId: "first", requestHash: "h", claimTtlMs: 600_000 };
const rival = { ...claim, claimId: "second" };

let clock: ManualClock;
let ctx: Context;
let client: Redis;
let store: IdempotencyStore;

/** What another replica is told. */
const seenByOthers = async () =>
  (await createRedisIdempotencyStore({ redis: redis.client }).claim(background(), rival)).state;

beforeEach(async () => {
  clock = createManualClock();
  ctx = background({ clock });
  client = redis.connect();
  store = createRedisIdempotencyStore({ redis: client, clock });
  // All its scripts are known to the server.
  await store.claim(ctx, claim);
  await store.settle(ctx, { ...claim, outcome: "", ttlMs: 1 });
  await store.claim(ctx, { ...claim, key: "l" });
  await store.release(ctx, { ...claim, key: "l" });
  await redis.client.flushall();
});

afterEach(() => {
  client.disconnect();
  // Or the next test would wait for a server that a failed one left as it was.
  redis.node.thaw();
});

/** Begins a call, and lets its second pass. */
async function inVain(call: () => Promise<unknown>): Promise<void> {
  const before = clock.pendingTimers;
  const failing = failureOf(call());
  await clock.whenPending(before + 1);
  clock.advance(1_000);
  expect((await failing).reason).toBe("ErrStoreUnavailable");
}

/** Breaks the connection, as a network does, and waits until the client has noticed. */
async function breakConnection(): Promise<void> {
  const closed = once(client, "close");
  client.stream.destroy();
  await closed;
}

/** Has the server answer again, and waits until what the client sends by itself was answered. */
async function recover(): Promise<void> {
  const ready = client.status === "ready" ? undefined : once(client, "ready");
  redis.node.thaw();
  await ready;
  await settled();
}

/** Waits until what was sent, and what its answers led to, was answered. */
async function settled(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await client.ping();
    await turn();
  }
}

describe("a claim that nobody waits for any more", () => {
  it("is not made when the server wakes, if it was released", async () => {
    redis.node.freeze();
    await inVain(() => store.claim(ctx, claim));
    await inVain(() => store.release(ctx, claim));
    await recover();
    expect(await seenByOthers()).toBe("claimed");
  });

  it("is not queued for the next connection", async () => {
    redis.node.freeze();
    await breakConnection();
    await inVain(() => store.claim(ctx, claim));
    await recover();
    expect(await seenByOthers()).toBe("claimed");
  });

  it("is released again when ioredis has sent it again on the next connection", async () => {
    redis.node.freeze();
    await inVain(() => store.claim(ctx, claim));
    await breakConnection();
    await inVain(() => store.release(ctx, claim));
    await recover();
    expect(await seenByOthers()).toBe("claimed");
  });

  it("stays the caller's, if it was made again and not released", async () => {
    redis.node.freeze();
    await inVain(() => store.claim(ctx, claim));
    await breakConnection();
    const again = store.claim(ctx, claim);
    await recover();
    expect(await again).toEqual({ state: "claimed" });
    expect(await seenByOthers()).toBe("running");
  });

  it("is not sent whole to a server that has lost its scripts", async () => {
    redis.node.freeze();
    await inVain(() => store.claim(ctx, claim));
    // Not by `once` of Node's: it rejects when the connection breaks.
    const ready = new Promise((resolve) => client.once("ready", resolve));
    await redis.node.restart();
    await ready;
    await settled();
    expect(await seenByOthers()).toBe("claimed");
  });
});

describe("what could not be delivered", () => {
  it("is delivered when Redis answers again: a settlement", async () => {
    await store.claim(ctx, claim);
    redis.node.freeze();
    await breakConnection();
    await inVain(() => store.settle(ctx, { ...claim, outcome: "done", ttlMs: 600_000 }));
    await recover();
    expect(await seenByOthers()).toBe("running");
    clock.advance(1_000);
    await settled();
    expect(await seenByOthers()).toBe("settled");
    expect(clock.pendingTimers).toBe(0);
  });

  it("is delivered when Redis answers again, however often it did not: a release", async () => {
    await store.claim(ctx, claim);
    redis.node.freeze();
    await breakConnection();
    await inVain(() => store.release(ctx, claim));
    for (let round = 0; round < 3; round += 1) {
      // Its turn comes, and its second passes.
      expect(clock.pendingDelaysMs).toEqual([1_000]);
      clock.advance(1_000);
      await clock.whenPending(1);
      clock.advance(1_000);
      await clock.whenPending(1);
    }
    await recover();
    clock.advance(1_000);
    await settled();
    expect(await seenByOthers()).toBe("claimed");
  });

  it("is kept back by nothing that Redis refuses", async () => {
    const other = { ...claim, key: "l" };
    await store.claim(ctx, claim);
    await store.claim(ctx, other);
    await redis.node.command(["CONFIG", "SET", "maxmemory", "1"]);
    try {
      const failure = await failureOf(store.settle(ctx, { ...other, outcome: "done", ttlMs: 600_000 }));
      expect(failure.code).toBe("resource_exhausted");
      redis.node.freeze();
      await breakConnection();
      await inVain(() => store.release(ctx, claim));
      // That second was the settlement's too; it has another.
      await clock.whenPending(1);
      clock.advance(1_000);
      await clock.whenPending(1);
      await recover();
      clock.advance(1_000);
      await settled();
      expect(await redis.client.keys("*")).toEqual(["cloudlink:idempotency:1:{acme:l}"]);
    } finally {
      redis.node.thaw();
      await redis.node.command(["CONFIG", "SET", "maxmemory", "0"]);
    }
    clock.advance(1_000);
    await settled();
    expect((await store.claim(ctx, { ...other, claimId: "second" })).state).toBe("settled");
    expect(clock.pendingTimers).toBe(0);
  });

  it("is not delivered a second time when whoever gave it has", async () => {
    const settlement = { ...claim, outcome: "done", ttlMs: 600_000 };
    await store.claim(ctx, claim);
    await redis.node.command(["CONFIG", "SET", "maxmemory", "1"]);
    await failureOf(store.settle(ctx, settlement));
    await redis.node.command(["CONFIG", "SET", "maxmemory", "0"]);
    await store.settle(ctx, settlement);
    const sent = vi.spyOn(client, "evalsha");
    clock.advance(1_000);
    await settled();
    expect(sent).not.toHaveBeenCalled();
    expect(clock.pendingTimers).toBe(0);
  });

  it("is not delivered to a claim that was made again under the same id", async () => {
    redis.node.freeze();
    await inVain(() => store.claim(ctx, claim));
    await breakConnection();
    await inVain(() => store.release(ctx, claim));
    const again = store.claim(ctx, claim);
    await recover();
    expect(await again).toEqual({ state: "claimed" });
    clock.advance(1_000);
    await settled();
    expect(await seenByOthers()).toBe("running");
  });
});
