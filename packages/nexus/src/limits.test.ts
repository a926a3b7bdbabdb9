import { background, type CloudLinkError, createScope } from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failureOf } from "../test/errors.ts";
import type { CallLimit } from "./call-limits.ts";
import { Limits } from "./limits.ts";

const scopeOf = (tenant: string) =>
  createScope({ ...{ provider: "fake", partition: "-", account: "1", role: "reader", region: "north" }, tenant });

const limit: CallLimit = { key: "fake/reads/1", name: "reads", operations: ["get"], burst: 100, refillPerSecond: 20 };

/** What a call that left did, or that it was refused. */
interface Trial {
  readonly clock: ManualClock;
  readonly limits: Limits;
  /** Tenants whose calls have left, in order. */
  readonly left: string[];
  readonly refused: CloudLinkError[];
  call(tenant: string, asked?: { readonly timeoutMs?: number; readonly limits?: readonly CallLimit[] }): void;
  /** Moves the clock on, and lets calls go on that may. */
  pass(ms: number): Promise<void>;
}

const STEP_MS = 10;

function trial(charged: readonly CallLimit[] = [limit]): Trial {
  const clock = createManualClock({ monotonicMs: 0 });
  const limits = new Limits();
  const left: string[] = [];
  const refused: CloudLinkError[] = [];
  return {
    clock,
    limits,
    left,
    refused,
    call(tenant, { timeoutMs = 600_000, limits: own = charged } = {}) {
      const ctx = background({ clock }).withTimeout(timeoutMs);
      const go = () => {
        for (const each of own) limits.sent(clock, each);
        left.push(tenant);
      };
      const turn = limits.enter({ ctx, scope: scopeOf(tenant), limits: own, patienceMs: Number.POSITIVE_INFINITY });
      if (turn === undefined) go();
      else turn.then(go, (error: CloudLinkError) => refused.push(error));
    },
    async pass(ms) {
      // Step by step: a clock that is advanced by hand lets nothing go on in between.
      for (let leftMs = ms; leftMs > 0; leftMs -= STEP_MS) {
        clock.advance(Math.min(leftMs, STEP_MS));
        await settled();
      }
      await settled();
    },
  };
}

/** A turn of the event loop: what was admitted has gone on by then. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function many(count: number, run: () => void): void {
  for (let each = 0; each < count; each += 1) run();
}

describe("a limit", () => {
  it("lets a burst go at once, without a promise or a timer, and then as many as come back", async () => {
    const { call, clock, left, pass } = trial();
    many(100, () => call("a"));
    expect([left.length, clock.pendingTimers]).toEqual([100, 0]);
    many(5, () => call("a"));
    await pass(0);
    expect(left).toHaveLength(100);
    await pass(50);
    expect(left).toHaveLength(101);
    await pass(200);
    expect([left.length, clock.pendingDelaysMs.length]).toEqual([105, 5]);
  });

  it("gives every second turn to the quiet one of two tenants, though the other has a thousand waiting", async () => {
    // Too small for a reserve.
    const { call, left, pass } = trial([{ ...limit, burst: 5, refillPerSecond: 1 }]);
    many(1_005, () => call("noisy", { timeoutMs: Number.POSITIVE_INFINITY }));
    many(10, () => call("quiet"));
    await pass(20_000);
    expect(left.slice(5)).toEqual(Array.from({ length: 20 }, (_, turn) => (turn % 2 === 0 ? "noisy" : "quiet")));
  });

  it("keeps a tenth for those who ask seldom: they go at once while the busy one waits", async () => {
    const { call, left, pass } = trial();
    call("quiet");
    many(400, () => call("noisy"));
    // All but a tenth went, which is left to others.
    expect(left).toHaveLength(90);
    await pass(1_000);
    expect(left).toHaveLength(110);
    many(10, () => call("quiet"));
    expect(left.slice(110)).toEqual(Array.from({ length: 10 }, () => "quiet"));
    // The reserve is used up: what comes back fills it first, and then the busy one goes on.
    await pass(1_000);
    expect(left).toHaveLength(130);
    many(10, () => call("quiet"));
    expect(left.slice(-10)).toEqual(Array.from({ length: 10 }, () => "quiet"));
  });

  it("builds the reserve little by little where there is none, at the cost of the busy one alone", async () => {
    const { call, left, pass } = trial();
    many(400, () => call("noisy"));
    expect(left).toHaveLength(100);
    call("quiet");
    await pass(1_000);
    // Its own call, and four of five of the rest.
    expect(left.filter((tenant) => tenant === "quiet")).toHaveLength(1);
    expect(left).toHaveLength(116);
    many(3, () => call("quiet"));
    expect(left.slice(-3)).toEqual(Array.from({ length: 3 }, () => "quiet"));
  });

  it("leaves nothing of its bucket to nobody: a tenant that is alone has all of it", () => {
    const { call, left } = trial();
    many(100, () => call("only"));
    expect(left).toHaveLength(100);
  });

  it("refuses at once what cannot have its turn in time, with how long that would take", async () => {
    const { call, left, pass, refused } = trial();
    many(100, () => call("a"));
    many(10, () => call("a", { timeoutMs: 501 }));
    call("a", { timeoutMs: 501 });
    await pass(0);
    expect(refused).toMatchObject([
      {
        ...{ code: "resource_exhausted", reason: "ErrThrottled", origin: "kernel", provider: "fake" },
        retry: { retryable: true, afterMs: 550 },
        details: { account: "1", region: "north", limit: "reads" },
      },
    ]);
    expect(refused[0]?.message).toContain("lets 100 calls at once and 20 a second through");
    await pass(500);
    expect(left).toHaveLength(110);
  });

  it("reckons with the turns that a call would have, and not with all who wait", async () => {
    const { call, pass, refused } = trial();
    many(200, () => call("noisy"));
    // The second turn from now is its own.
    call("quiet", { timeoutMs: 101 });
    call("other", { timeoutMs: 101 });
    await pass(0);
    expect(refused).toHaveLength(1);
  });

  it("leaves nothing behind of calls that are canceled while they wait", async () => {
    const { call, clock, limits, pass } = trial();
    many(100, () => call("a"));
    const stop = new AbortController();
    const waits = Array.from({ length: 1_000 }, (_, number) => {
      const ctx = background({ clock }).withSignal(stop.signal);
      const asked = { scope: scopeOf(`tenant-${number % 7}`), limits: [limit], patienceMs: Number.POSITIVE_INFINITY };
      return failureOf(limits.enter({ ...asked, ctx }) ?? Promise.resolve());
    });
    await pass(0);
    expect(clock.pendingTimers).toBe(1);
    stop.abort();
    const errors = await Promise.all(waits);
    expect(new Set(errors.map((error) => (error as CloudLinkError).code))).toEqual(new Set(["canceled"]));
    expect(clock.pendingTimers).toBe(0);
    // And took no token.
    await pass(5_000);
    const again = trial();
    many(100, () => again.call("a"));
    expect(again.left).toHaveLength(100);
    expect(limits.enter({ ...entranceOf(clock), limits: [limit] })).toBeUndefined();
  });

  it("closes for as long as the vendor says, and tells those who wait and have not that long", async () => {
    const { call, clock, left, limits, pass, refused } = trial();
    many(100, () => call("a"));
    call("patient");
    call("hasty", { timeoutMs: 2_000 });
    limits.throttled(clock, { limits: [limit], afterMs: 3_000 });
    await pass(0);
    expect(refused).toMatchObject([{ reason: "ErrThrottled", origin: "kernel" }]);
    expect(refused[0]?.retry.afterMs).toBeGreaterThan(3_000);
    await pass(3_000);
    expect(left).toHaveLength(100);
    await pass(100);
    expect(left.slice(100)).toEqual(["patient"]);
  });

  it("slows down by half when the vendor refuses without a time, and comes back in ten seconds", async () => {
    const { call, clock, left, limits, pass } = trial();
    limits.throttled(clock, { limits: [limit], afterMs: undefined });
    many(500, () => call("a"));
    await pass(1_000);
    expect(left.length).toBe(10);
    await pass(9_000);
    expect(left.length).toBe(150);
    await pass(1_000);
    expect(left.length).toBe(170);
  });

  it("holds no more than the vendor says is left of it, and goes on as that comes back", async () => {
    const { call, clock, left, limits, pass } = trial();
    limits.quota(clock, { limits: [limit], observation: { limit: "reads", remaining: 3 } });
    limits.quota(clock, { limits: [limit], observation: { limit: "another", remaining: 0 } });
    limits.quota(clock, { limits: [limit], observation: { limit: "reads", remaining: Number.NaN } });
    many(10, () => call("a"));
    expect(left).toHaveLength(3);
    await pass(100);
    expect(left).toHaveLength(5);
  });

  it("tells those who wait of it only where the vendor says less than was known, and makes no error of it", () => {
    const { clock, limits, call } = trial();
    many(100, () => call("a"));
    const errors: (() => CloudLinkError)[] = [];
    const scope = scopeOf("a");
    const waiting = ({ error }: { error(): CloudLinkError }) => errors.push(error);
    const ctx = background({ clock });
    many(5, () => void limits.enter({ ctx, scope, limits: [limit], patienceMs: 60_000, waiting }));
    const said = (remaining: number) =>
      limits.quota(clock, { limits: [limit], observation: { limit: "reads", remaining } });
    expect(errors).toHaveLength(5);
    many(100, () => said(50));
    said(0);
    expect(errors).toHaveLength(5);
    clock.advance(40);
    said(0);
    expect(errors).toHaveLength(10);
    // Who waits for four others at the limit's pace.
    expect(errors.at(-1)?.()).toMatchObject({ reason: "ErrThrottled", retry: { afterMs: 250 } });
  });

  it("pays for what was sent without a token before others go", async () => {
    const { call, clock, left, limits, pass } = trial();
    many(100, () => call("a"));
    many(3, () => limits.owe(clock, limit));
    call("a");
    await pass(199);
    expect(left).toHaveLength(100);
    await pass(1);
    expect(left).toHaveLength(101);
  });

  it("reckons that the vendor's bucket gets no fuller while the calls of a burst are on their way there", async () => {
    const { call, clock, left, limits, pass } = trial();
    const asked = entranceOf(clock);
    many(20, () => limits.enter(asked));
    // The vendor has seen nothing yet, and its bucket has been full all the time.
    await pass(5_000);
    many(20, () => limits.sent(clock, limit));
    many(100, () => call("a"));
    expect(left).toHaveLength(80);
  });

  it("does not let calls that got stuck before they left stop its refill", async () => {
    const { call, clock, left, limits, pass } = trial();
    many(100, () => limits.enter(entranceOf(clock)));
    await pass(60_000);
    many(100, () => call("a"));
    expect(left).toHaveLength(75);
    many(100, () => limits.sent(clock, limit));
    await pass(60_000);
    expect(left).toHaveLength(100);
  });

  it("takes back what a call took that did not reach the vendor, and gives it to the next", async () => {
    const { call, clock, left, limits, pass } = trial();
    expect(limits.enter(entranceOf(clock))).toBeUndefined();
    many(99, () => call("a"));
    call("b");
    limits.turnBack(clock, [limit]);
    await pass(0);
    expect(left).toHaveLength(100);
    expect(left.at(-1)).toBe("b");
  });

  it("of several, takes a token of each or of none, and waits for the scarcest first", async () => {
    const narrow: CallLimit = { ...limit, key: "fake/narrow/1", name: "narrow", burst: 1, refillPerSecond: 1 };
    const { call, clock, left, pass, refused } = trial([limit, narrow]);
    call("a");
    call("a");
    call("a", { timeoutMs: 2_000 });
    await pass(0);
    expect([left.length, refused.length]).toEqual([1, 1]);
    expect(refused[0]?.details).toMatchObject({ limit: "narrow" });
    // Of the wide one, one token was taken, and none is kept meanwhile.
    many(99, () => call("a", { limits: [limit] }));
    expect(left).toHaveLength(100);
    await pass(1_000);
    expect(left).toHaveLength(101);
    expect(clock.pendingTimers).toBe(1);
  });

  it("lets no more go in any span than burst + refill × its length, in whatever order calls come, wait and leave", async () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 300 }),
      tenant: fc.constantFrom("a", "b", "c"),
      calls: fc.integer({ min: 0, max: 8 }),
      timeoutMs: fc.constantFrom(50, 400, 600_000),
      narrow: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const wide: CallLimit = { ...limit, burst: 10, refillPerSecond: 15 };
        const narrow: CallLimit = { ...wide, key: "fake/narrow/1", burst: 3, refillPerSecond: 5 };
        const { call, clock, left, pass } = trial();
        const at: number[] = [];
        for (const { afterMs, tenant, calls, timeoutMs, narrow: isNarrow } of steps) {
          // Millisecond by millisecond, so that what goes on later than its token came is seen at its own instant.
          for (let ms = 0; ms < afterMs; ms += 10) {
            await pass(10);
            while (at.length < left.length) at.push(clock.monotonicMs());
          }
          many(calls, () => call(tenant, { timeoutMs, limits: isNarrow ? [wide, narrow] : [wide] }));
          while (at.length < left.length) at.push(clock.monotonicMs());
        }
        for (const [first, from] of at.entries()) {
          for (let last = first; last < at.length; last += 1) {
            const spanMs = (at[last] as number) - from + 10;
            expect(last - first + 1).toBeLessThanOrEqual(10 + (15 * spanMs) / 1_000 + 1e-3);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("the limits of a kernel", () => {
  it("are as the settings say where they say so", () => {
    const scope = scopeOf("a");
    const asked: unknown[] = [];
    const limits = new Limits({
      of(each) {
        asked.push(each);
        if (each.name === "raised") return { burst: 400, refillPerSecond: 80 };
        return each.name === "free" ? "none" : undefined;
      },
    });
    const declared = ["raised", "free", "reads"].map((name) => ({ ...limit, name }));
    expect(limits.asTheyAre(declared, scope)).toEqual([
      // Less what comes back while a call is on its way: the vendor's bucket is full until the first of a burst is there.
      { ...limit, name: "raised", burst: 392, refillPerSecond: 80 },
      { ...limit, name: "reads", burst: 98 },
    ]);
    expect(asked[0]).toEqual({ provider: "fake", name: "raised", scope, burst: 100, refillPerSecond: 20 });
  });

  it.each([
    { burst: 0, refillPerSecond: 1 },
    { burst: 1, refillPerSecond: 0 },
    { burst: Number.NaN, refillPerSecond: 1 },
  ])("are refused where the settings give %o, and hold nothing back where a provider declares it", (size) => {
    const scope = scopeOf("a");
    const wrong = new Limits({ of: () => size });
    expect(() => wrong.asTheyAre([limit], scope)).toThrow(expect.objectContaining({ reason: "ErrInvalidSettings" }));
    expect(new Limits().asTheyAre([{ ...limit, ...size }], scope)).toEqual([]);
  });

  it("are of another size as soon as what was taken at the size before has come back", async () => {
    const { call, left, pass } = trial();
    many(10, () => call("a"));
    const raised = [{ ...limit, burst: 200 }];
    many(200, () => call("a", { limits: raised }));
    expect(left).toHaveLength(100);
    await pass(20_000);
    const before = left.length;
    many(200, () => call("a", { limits: raised }));
    expect(left.length - before).toBe(200);
  });

  it("take no memory once they are full again, however many accounts there were", async () => {
    const clock = createManualClock();
    const limits = new Limits();
    const touch = (account: string) => {
      const own = [{ ...limit, key: `fake/reads/${account}` }];
      limits.enter({ ...entranceOf(clock), limits: own });
      for (const each of own) limits.sent(clock, each);
    };
    for (let account = 0; account < 1_000; account += 1) touch(`early-${account}`);
    expect(limits.heldBy(clock)).toBe(1_000);
    clock.advance(60_000);
    for (let account = 0; account < 1_000; account += 1) touch(`late-${account}`);
    expect(limits.heldBy(clock)).toBe(1_000);
    clock.advance(60_000);
    for (let account = 0; account < 10; account += 1) touch(`last-${account}`);
    expect(limits.heldBy(clock)).toBeLessThan(1_000);
  });
});

function entranceOf(clock: ManualClock) {
  const ctx = background({ clock });
  return { ctx, scope: scopeOf("a"), limits: [limit], patienceMs: Number.POSITIVE_INFINITY };
}
