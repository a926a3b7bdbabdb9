import { LimitBucket, type LimitStore, limitPace, type SharedLimit } from "@cloudlink/core";
import fc from "fast-check";
import { expect, it } from "vitest";

/** How a store of limits comes into the suite, on a clock that stands still until it is advanced. */
export interface LimitStoreUnderTest {
  /** A process's own view of what all share. */
  connect(): LimitStore | Promise<LimitStore>;
  advance(ms: number): void;
}

let limits = 0;

/** A limit that no other case uses. */
function newLimit(size: { readonly burst?: number; readonly refillPerSecond?: number } = {}): SharedLimit {
  limits += 1;
  return { key: `fake/reads/${limits}`, burst: 100, refillPerSecond: 20, ...size };
}

/** What every store of limits has to do, whatever it is made of. Each case uses limits of its own. */
export function limitStoreSuite(underTest: () => LimitStoreUnderTest): void {
  const connect = async () => await underTest().connect();
  const advance = (ms: number) => underTest().advance(ms);

  it("grants a burst, and then as many as come back, and says when the next does", async () => {
    const store = await connect();
    const limit = newLimit();
    expect(await store.take({ limit, most: 40, owed: 0 })).toEqual({
      ...{ granted: 40, afterMs: 0, remaining: 60, replicas: 1 },
    });
    const empty = await store.take({ limit, most: 100, owed: 0 });
    expect(empty).toMatchObject({ granted: 60, remaining: 0 });
    expect(empty.afterMs).toBeCloseTo(50);
    expect(await store.take({ limit, most: 1, owed: 0 })).toMatchObject({ granted: 0 });
    advance(250);
    expect(await store.take({ limit, most: 10, owed: 0 })).toMatchObject({ granted: 5 });
    advance(60_000);
    expect(await store.take({ limit, most: 0, owed: 0 })).toMatchObject({ granted: 0, remaining: 100 });
  });

  it("charges what is owed though it is not there, and grants nothing until it has come back", async () => {
    const store = await connect();
    const limit = newLimit({ burst: 5 });
    const owing = await store.take({ limit, most: 1, owed: 7 });
    expect(owing).toMatchObject({ granted: 0, remaining: -2 });
    expect(owing.afterMs).toBeCloseTo(150);
    advance(151);
    expect(await store.take({ limit, most: 2, owed: 0 })).toMatchObject({ granted: 1 });
  });

  it("counts the processes that asked within ten seconds, and gives none more than its share of what is there", async () => {
    const limit = newLimit();
    const stores = [await connect(), await connect(), await connect(), await connect()];
    for (const [index, store] of stores.entries()) {
      expect((await store.take({ limit, most: 0, owed: 0 })).replicas).toBe(index + 1);
    }
    const [first] = stores as [LimitStore];
    expect(await first.take({ limit, most: 100, owed: 0 })).toMatchObject({ granted: 25, replicas: 4 });
    await first.take({ limit, most: 100, owed: 72 });
    // Where there is less than one for each, one is given all the same.
    expect(await first.take({ limit, most: 100, owed: 0 })).toMatchObject({ granted: 1 });
    advance(limitPace.replicaMs);
    expect((await first.take({ limit, most: 0, owed: 0 })).replicas).toBe(1);
  });

  it("is closed for all processes when one of them was refused, and slow after that for a while", async () => {
    const limit = newLimit();
    const [one, other] = [await connect(), await connect()];
    await one.throttled({ limit, afterMs: 3_000 });
    const closed = await other.take({ limit, most: 10, owed: 0 });
    expect(closed).toMatchObject({ granted: 0, remaining: 0 });
    expect(closed.afterMs).toBeGreaterThan(3_050);
    expect(closed.afterMs).toBeLessThanOrEqual(3_100);
    advance(3_000);
    expect(await other.take({ limit, most: 10, owed: 0 })).toMatchObject({ granted: 0 });
    advance(closed.afterMs - 2_999);
    expect(await other.take({ limit, most: 10, owed: 0 })).toMatchObject({ granted: 1 });
  });

  it("lowers what is there to what the vendor says, and raises it never", async () => {
    const limit = newLimit();
    const [one, other] = [await connect(), await connect()];
    await one.lower({ limit, remaining: 8 });
    expect(await other.take({ limit, most: 0, owed: 0 })).toMatchObject({ remaining: 8 });
    await one.lower({ limit, remaining: 50 });
    expect(await other.take({ limit, most: 0, owed: 0 })).toMatchObject({ remaining: 8 });
    await one.lower({ limit, remaining: -1 });
    expect(await other.take({ limit, most: 0, owed: 0 })).toMatchObject({ remaining: 0 });
  });

  it("keeps limits apart, whatever their names have in them", async () => {
    const store = await connect();
    const [one, other] = [newLimit(), { ...newLimit(), key: `fake/reads/%7Bx%7D/${limits}` }];
    await store.take({ limit: one, most: 100, owed: 0 });
    expect(await store.take({ limit: other, most: 100, owed: 0 })).toMatchObject({ granted: 100 });
  });

  it("behaves as one bucket in one process does, whatever happens in whatever order", async () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 2_000 }),
      does: fc.constantFrom("take", "take", "owe", "throttled", "closed", "lower"),
      count: fc.integer({ min: 0, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const store = await connect();
        const limit = newLimit({ burst: 10, refillPerSecond: 3 });
        const bucket = new LimitBucket(limit, { nowMs: 0 });
        let nowMs = 0;
        for (const { afterMs, does, count } of steps) {
          advance(afterMs);
          nowMs += afterMs;
          if (does === "lower") {
            await store.lower({ limit, remaining: count });
            bucket.lower(count, nowMs);
          } else if (does === "take" || does === "owe") {
            const owed = does === "owe" ? count : 0;
            bucket.take(owed, nowMs);
            const most = does === "take" ? count : 0;
            const granted = Math.min(most, Math.max(0, Math.floor(bucket.level(nowMs) + 1e-6)));
            bucket.take(granted, nowMs);
            const given = await store.take({ limit, most, owed });
            expect(given.granted).toBe(granted);
            expect(given.remaining).toBeCloseTo(bucket.level(nowMs), 6);
            expect(given.afterMs).toBeCloseTo(bucket.waitMs(1, nowMs), 3);
          } else {
            const afterRefusalMs = does === "closed" ? count * 100 : undefined;
            await store.throttled({ limit, ...(afterRefusalMs !== undefined && { afterMs: afterRefusalMs }) });
            bucket.throttled(nowMs, afterRefusalMs);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
}
