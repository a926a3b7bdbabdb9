import { createRedisIdempotencyStore, createRedisOperationStore } from "@cloudlink/cache/redis";
import { type ActionState, background, type IdempotencyKey, type IdempotencyStore } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { type RedisNode, startRedis } from "@cloudlink/testbed";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createNexus } from "../src/create-nexus.ts";
import { createMemoryIdempotencyStore } from "../src/memory-idempotency-store.ts";
import { failureOf } from "./errors.ts";
import { fakeProvider } from "./fake-provider.ts";
import { Thing, thingRef } from "./thing.ts";

const ctx = background();
const MINUTE_MS = 60_000;

let node: RedisNode;
/** One of each replica. */
let clients: readonly [Redis, Redis];

beforeAll(async () => {
  node = await startRedis();
  clients = [new Redis(node.url), new Redis(node.url)];
});
beforeEach(async () => {
  await node.command(["FLUSHALL"]);
});
afterEach(() => node.thaw());
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await node.stop();
});

/** Two kernels that share nothing but the Redis, and a vendor of theirs. */
function replicas(act: () => Promise<ActionState>, { timeoutMs = 1_000 }: { readonly timeoutMs?: number } = {}) {
  const provider = fakeProvider({ act, follow: act });
  const kernels = clients.map((redis) =>
    createNexus({
      providers: [provider],
      idempotency: createRedisIdempotencyStore({ redis }),
      operations: createRedisOperationStore({ redis, timeoutMs }),
    }),
  );
  const [one, other] = kernels;
  if (one === undefined || other === undefined) throw new TypeError("there are two clients");
  return { provider, one, other };
}

const shake = { kind: Thing, ref: thingRef("a"), action: "shake", idempotencyKey: "k" } as const;

describe("replicas that share a Redis", () => {
  it("carry an action out once under a key, however many ask for it at once", async () => {
    const { provider, one, other } = replicas(async () => ({ state: "done" }));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : other).act(ctx, shake)),
    );
    expect(provider.requests).toHaveLength(1);
    for (const each of outcomes) {
      if (each.status === "rejected") expect(each.reason).toMatchObject({ reason: "ErrActionInProgress" });
    }
    expect((await other.act(ctx, shake)).replayed).toBe(true);
  });

  it("follow each other's operations, without a common token key", async () => {
    const states: ActionState[] = [{ state: "running", token: "1", pollAfterMs: 500 }, { state: "done" }];
    const { provider, one, other } = replicas(async () => states.shift() ?? { state: "done" });
    const { token } = await one.act(ctx, { ...shake, action: "polish" });
    expect((await other.operation(ctx, { token })).status).toEqual({ state: "done" });
    expect((await one.operation(ctx, { token })).status).toEqual({ state: "done" });
    expect(provider.requests.map(({ method }) => method)).toEqual(["act", "follow"]);
    const kept = await Promise.all((await clients[0].keys("*operation*")).map((key) => clients[0].get(key)));
    expect(kept).toHaveLength(1);
    expect(JSON.stringify([await clients[0].keys("*"), kept])).not.toContain(token);
  });

  it("send nothing under a key while it does not answer, and are not held back by that afterwards", async () => {
    const { provider, one, other } = replicas(async () => ({ state: "done" }));
    await one.act(ctx, { ...shake, idempotencyKey: "before" });
    const sent = provider.requests.length;
    const clock = createManualClock();
    node.freeze();
    const failing = failureOf(one.act(background({ clock }).withTimeout(5_000), shake));
    // The deadline of the call, and the second that the store is given.
    await clock.whenPending(2);
    expect(clock.pendingDelaysMs).toContain(1_000);
    clock.advance(1_000);
    expect(await failing).toMatchObject({ code: "unavailable", reason: "ErrStoreUnavailable", effect: "none" });
    expect(provider.requests).toHaveLength(sent);
    node.thaw();
    await one.close();
    expect((await other.act(ctx, shake)).replayed).toBe(false);
  });

  it("answer an action that was accepted when it stopped answering, with a token that is good in that one", async () => {
    const states: ActionState[] = [{ state: "running", token: "1", pollAfterMs: 500 }, { state: "done" }];
    const act = async () => {
      node.freeze();
      return states.shift() ?? { state: "done" };
    };
    // Nothing answers, so that no time is too short.
    const { one, other } = replicas(act, { timeoutMs: 10 });
    const { token } = await one.act(ctx, { kind: Thing, ref: thingRef("a"), action: "polish" });
    node.thaw();
    expect((await failureOf(other.operation(ctx, { token }))).reason).toBe("ErrInvalidOperationToken");
    expect((await one.operation(ctx, { token })).status.state).toBe("done");
  });
});

/** A call of a store, or time that passes. */
type Step =
  | ({ readonly do: "claim" | "settle" } & Named & { readonly ms: number; readonly text: string })
  | ({ readonly do: "release" } & Named)
  | { readonly do: "elapse"; readonly ms: number };
type Named = IdempotencyKey & { readonly claimId: string };

const named = {
  // Few, so that the calls of a schedule meet.
  tenant: fc.constant("acme"),
  key: fc.constantFrom("k", "l"),
  claimId: fc.constantFrom("first", "second"),
};
const ms = fc.integer({ min: 1, max: 5 }).map((minutes) => minutes * MINUTE_MS);
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("claim", "settle"), ...named, ms, text: fc.constantFrom("", "x") }),
  fc.record({ do: fc.constant("release"), ...named }),
  fc.record({ do: fc.constant("elapse"), ms }),
);

async function take(store: IdempotencyStore, step: Exclude<Step, { do: "elapse" }>): Promise<unknown> {
  if (step.do === "claim") return await store.claim(ctx, { ...step, requestHash: step.text, claimTtlMs: step.ms });
  if (step.do === "settle") return await store.settle(ctx, { ...step, outcome: step.text, ttlMs: step.ms });
  return await store.release(ctx, step);
}

describe("the Redis idempotency store", () => {
  it("does what the one in memory does, whatever the order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 60, size: "max" }), async (schedule) => {
        await clients[0].flushall();
        const clock = createManualClock();
        const memory = createMemoryIdempotencyStore({ clock });
        const shared = clients.map((redis) => createRedisIdempotencyStore({ redis }));
        for (const [index, each] of schedule.entries()) {
          if (each.do === "elapse") {
            clock.advance(each.ms);
            await elapse(each.ms);
          } else {
            const store = shared[index % 2] ?? memory;
            expect(await take(store, each)).toEqual(await take(memory, each));
          }
        }
      }),
      { numRuns: 200 },
    );

    /** Shortens what is left of every TTL by so much: the clock of a server is its own. */
    async function elapse(ms: number): Promise<void> {
      for (const key of await clients[0].keys("*")) await clients[0].pexpire(key, (await clients[0].pttl(key)) - ms);
    }
  });
});
