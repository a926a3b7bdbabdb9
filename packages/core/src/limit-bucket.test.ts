import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LimitBucket } from "./limit-bucket.ts";

const size = { burst: 100, refillPerSecond: 20 };

describe("a limit's bucket", () => {
  it("is full at first, refills at its rate, and holds no more than its burst", () => {
    const bucket = new LimitBucket(size, { nowMs: 0 });
    bucket.take(100, 0);
    expect(bucket.waitMs(1, 0)).toBe(50);
    expect([bucket.has(1, 49), bucket.has(1, 50), bucket.waitMs(11, 50)]).toEqual([false, true, 500]);
    expect(bucket.level(60_000)).toBe(100);
  });

  it("may owe: what was spent without having been taken comes back first", () => {
    const bucket = new LimitBucket(size, { nowMs: 0, level: 0 });
    bucket.take(3, 0);
    expect(bucket.level(0)).toBe(-3);
    expect(bucket.waitMs(1, 0)).toBe(200);
  });

  it("is empty after a refusal of the vendor's, closed for as long as it says, and slow after that for a while", () => {
    const bucket = new LimitBucket(size, { nowMs: 0 });
    bucket.throttled(0, 3_000);
    expect(bucket.level(3_000)).toBe(0);
    // At half the pace a token takes a little less than 100 ms, for the pace grows.
    const waitMs = bucket.waitMs(1, 0);
    expect(waitMs).toBeGreaterThan(3_099);
    expect(waitMs).toBeLessThan(3_100);
    expect(bucket.has(1, waitMs)).toBe(true);
  });

  it("comes back to its pace by a twentieth a second: in 10 s from one refusal", () => {
    const bucket = new LimitBucket(size, { nowMs: 0 });
    bucket.throttled(0);
    // The mean of a half and the whole over 10 s, and then the whole.
    expect(bucket.waitMs(150, 0)).toBeCloseTo(10_000);
    expect(bucket.waitMs(170, 0)).toBeCloseTo(11_000);
    bucket.take(150, 10_000);
    expect(bucket.level(10_000)).toBeCloseTo(-50);
    expect(bucket.level(11_000)).toBeCloseTo(-30);
  });

  it("takes refusals within a second for one, and never goes below a sixteenth of its pace", () => {
    const once = new LimitBucket(size, { nowMs: 0 });
    for (let refusal = 0; refusal < 50; refusal += 1) once.throttled(refusal);
    expect(once.waitMs(1, 49)).toBeGreaterThan(95);
    expect(once.waitMs(1, 49)).toBeLessThan(100);
    const often = new LimitBucket(size, { nowMs: 0 });
    for (let refusal = 0; refusal < 50; refusal += 1) often.throttled(refusal * 1_000);
    expect(often.waitMs(1, 49_000)).toBeLessThan(800);
  });

  it("holds no more than the vendor says is left, and never more for it", () => {
    const bucket = new LimitBucket(size, { nowMs: 0 });
    bucket.lower(7, 0);
    expect(bucket.level(0)).toBe(7);
    bucket.lower(50, 0);
    expect(bucket.level(0)).toBe(7);
    bucket.lower(-5, 0);
    expect(bucket.level(0)).toBe(0);
  });

  it("is idle when it is full, at its pace, and nothing is kept", () => {
    const bucket = new LimitBucket(size, { nowMs: 0 });
    bucket.keep(0);
    expect(bucket.isIdle(10_000)).toBe(false);
    bucket.giveBack(10_000);
    expect(bucket.isIdle(10_000)).toBe(true);
    bucket.take(1, 10_000);
    expect([bucket.isIdle(10_049), bucket.isIdle(10_050)]).toEqual([false, true]);
    bucket.throttled(20_000);
    expect(bucket.isIdle(29_999)).toBe(false);
    expect(bucket.isIdle(40_000)).toBe(true);
  });

  it("lets through no more than burst + refill × time in any span, whatever is taken, kept, given back or refused", () => {
    const step = fc.record({
      afterMs: fc.double({ min: 0, max: 400, noNaN: true }),
      does: fc.constantFrom("take", "take", "take", "keep", "use", "giveBack", "throttled", "lower"),
    });
    fc.assert(
      fc.property(
        fc.record({
          burst: fc.integer({ min: 1, max: 20 }),
          refillPerSecond: fc.double({ min: 0.5, max: 50, noNaN: true }),
        }),
        fc.array(step, { minLength: 20, maxLength: 200 }),
        (limit, steps) => {
          const bucket = new LimitBucket(limit, { nowMs: 0 });
          const used: number[] = [];
          let nowMs = 0;
          let kept = 0;
          for (const { afterMs, does } of steps) {
            nowMs += afterMs;
            if (does === "throttled") bucket.throttled(nowMs, afterMs);
            else if (does === "lower") bucket.lower(afterMs / 20, nowMs);
            else if (does === "use" || does === "giveBack") {
              if (kept === 0) continue;
              kept -= 1;
              bucket[does](nowMs);
              if (does === "use") used.push(nowMs);
            } else if (bucket.has(1, nowMs)) {
              if (does === "keep") bucket.keep(nowMs);
              else bucket.take(1, nowMs);
              if (does === "keep") kept += 1;
              else used.push(nowMs);
            }
          }
          for (const [first, from] of used.entries()) {
            for (const [last, to] of used.entries()) {
              if (last < first) continue;
              const most = limit.burst + (limit.refillPerSecond * (to - from)) / 1_000;
              expect(last - first + 1).toBeLessThanOrEqual(most + 1e-3);
            }
          }
        },
      ),
    );
  });

  it("says how long to wait: then there are as many, and not a moment before", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 5 }),
        (tokens, refusals) => {
          const make = () => {
            const bucket = new LimitBucket({ burst: 20, refillPerSecond: 7 }, { nowMs: 0, level: 2.5 });
            let nowMs = 0;
            for (const gapMs of refusals) {
              nowMs += gapMs;
              bucket.throttled(nowMs, gapMs / 2);
            }
            return { bucket, nowMs };
          };
          const { bucket, nowMs } = make();
          const waitMs = bucket.waitMs(tokens, nowMs);
          expect(make().bucket.has(tokens, nowMs + waitMs + 1e-3)).toBe(true);
          if (waitMs > 1) expect(make().bucket.has(tokens, nowMs + waitMs - 1)).toBe(false);
        },
      ),
    );
  });
});
