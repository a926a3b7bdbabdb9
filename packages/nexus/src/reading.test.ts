import { CloudLinkError } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { advice, asked, cachedKernel, holdingProvider, settled } from "../test/cached-kernel.ts";
import { failureOf, throttled, unavailable } from "../test/errors.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";

const ref = thingRef("a");

/** Each read leaves at once, alone. */
const alone = { getMany: undefined };

describe("a read that is on its way", () => {
  it("is one for each resource, however many ask for it at once", async () => {
    const provider = fakeProvider();
    const { nexus, ctx, noted } = cachedKernel(provider);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 0 })),
    );
    expect(asked(provider)).toEqual(["get a"]);
    expect(answers.reduce((sum, { stats }) => sum + stats.vendorCalls, 0)).toBe(1);
    expect(new Set(answers.map(({ value }) => value)).size).toBe(1);
    expect(new Set(answers.map(({ traceId }) => traceId)).size).toBe(50);
    expect(Map.groupBy(noted, (outcome) => outcome)).toMatchObject(
      new Map([
        ["collapsed", Array(49).fill("collapsed")],
        ["miss", ["miss"]],
      ]),
    );
  });

  it.each([
    { agoMs: 100, maxAgeMs: 100, joins: true },
    { agoMs: 100, maxAgeMs: 99, joins: false },
    { agoMs: 1, maxAgeMs: Number.POSITIVE_INFINITY, joins: true },
    { agoMs: 1, maxAgeMs: 0, joins: false },
    { agoMs: 0, maxAgeMs: 1, joins: true },
    { agoMs: 0, maxAgeMs: 0, joins: false },
  ])("that left $agoMs ms ago serves a read that takes $maxAgeMs ms: $joins", async ({ agoMs, maxAgeMs, joins }) => {
    const provider = holdingProvider({ capabilities: alone });
    const { nexus, clock, ctx, noted } = cachedKernel(provider);
    const first = nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 0 });
    await provider.whenCalled(1);
    clock.advance(agoMs);
    const second = nexus.get(ctx, { kind: Thing, ref, maxAgeMs });
    await settled();
    expect(provider.held).toHaveLength(joins ? 1 : 2);
    for (const { answer } of provider.held) answer();
    expect((await second).freshness.ageMs).toBe(joins ? agoMs : 0);
    await first;
    expect(noted).toEqual(["miss", joins ? "collapsed" : "miss"]);
  });

  it("serves whoever comes while it has not left, even a live read", async () => {
    const provider = holdingProvider();
    const { nexus, clock, ctx } = cachedKernel(provider);
    const first = nexus.get(ctx, { kind: Thing, ref: thingRef("first"), maxAgeMs: 0 });
    await provider.whenCalled(1);
    // What comes while one is at the vendor waits for others.
    const waiting = nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 0 });
    await settled();
    clock.advance(5);
    const later = nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 0 });
    await settled();
    clock.advance(5);
    await provider.whenCalled(2);
    for (const { answer } of provider.held) answer();
    await Promise.all([first, waiting, later]);
    expect(asked(provider)).toEqual(["get first", "get a"]);
    expect((await later).freshness.observedAt).toBe(clock.nowMs());
  });

  it("by default serves reads that begin within the shortest age that is usual", async () => {
    const provider = holdingProvider({ capabilities: { ...alone, freshness: advice } });
    const { nexus, clock, ctx } = cachedKernel(provider);
    const first = nexus.get(ctx, { kind: Thing, ref });
    await provider.whenCalled(1);
    clock.advance(2_000);
    const within = nexus.get(ctx, { kind: Thing, ref });
    await settled();
    expect(provider.held).toHaveLength(1);
    clock.advance(1);
    const beyond = nexus.get(ctx, { kind: Thing, ref });
    await provider.whenCalled(2);
    for (const { answer } of provider.held) answer();
    await Promise.all([first, within, beyond]);
  });

  it("goes on when the first who asked leaves, and is broken off when the last does", async () => {
    const provider = holdingProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const callers = Array.from({ length: 3 }, () => ctx.withCancel());
    const reads = callers.map((each) => failureOf(nexus.get(each, { kind: Thing, ref, maxAgeMs: 5_000 })));
    await provider.whenCalled(1);
    const [{ call }] = provider.held as [(typeof provider.held)[0]];
    for (const [index, caller] of callers.entries()) {
      expect(call.ctx.error()).toBeUndefined();
      caller.cancel();
      expect((await reads[index])?.code).toBe("canceled");
    }
    expect(call.ctx.error()?.code).toBe("canceled");
    // Nothing of it is left: the next asks anew.
    const again = nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 5_000 });
    await provider.whenCalled(2);
    provider.held[1]?.answer();
    expect((await again).freshness.source).toBe("live");
  });

  it("never reaches the vendor when all have left before it does", async () => {
    const provider = fakeProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const caller = ctx.withCancel();
    const failed = failureOf(nexus.get(caller, { kind: Thing, ref, maxAgeMs: 0 }));
    caller.cancel();
    expect((await failed).code).toBe("canceled");
    await settled();
    expect(provider.requests).toEqual([]);
    expect((await nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 0 })).freshness.source).toBe("live");
  });

  it("fails all who wait for it by one error, and nobody who comes later", async () => {
    const provider = holdingProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const reads = Array.from({ length: 3 }, () => failureOf(nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 5_000 })));
    await provider.whenCalled(1);
    const denied = new CloudLinkError({ reason: "ErrPermissionDenied", message: "No.", origin: "vendor" });
    provider.held[0]?.fail(denied);
    const errors = await Promise.all(reads);
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill("permission_denied"));
    expect(new Set(errors.map(({ traceId }) => traceId)).size).toBe(3);
    const next = nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 5_000 });
    await provider.whenCalled(2);
    provider.held[1]?.answer();
    expect((await next).value.id).toBe("a");
  });

  it.each(["an action", "an invalidation", "an invalidation of everything"])(
    "that left before %s serves nobody who comes after it, and is not kept",
    async (what) => {
      const provider = holdingProvider();
      const { nexus, ctx } = cachedKernel(provider);
      const before = nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 5_000 });
      await provider.whenCalled(1);
      if (what === "an action") await nexus.act(ctx, { kind: Thing, ref, action: "polish" });
      else await nexus.invalidate(ctx, what === "an invalidation" ? { ref } : {});
      const calls = provider.requests.length;
      const after = nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 5_000 });
      await settled();
      provider.held[0]?.answer();
      await before;
      await provider.whenCalled(calls + 1);
      expect(await nexus.cached(ctx, { kind: Thing, ref })).toEqual([]);
      provider.held[1]?.answer();
      await after;
      expect(await nexus.cached(ctx, { kind: Thing, ref })).toHaveLength(1);
    },
  );

  it("is made once more for who has more time than it had", async () => {
    const provider = holdingProvider();
    const { nexus, clock, ctx } = cachedKernel(provider, { defaultTimeoutMs: 10_000 });
    const first = failureOf(nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 60_000 }));
    await provider.whenCalled(1);
    clock.advance(5_000);
    const patient = nexus.get(ctx.withTimeout(60_000), { kind: Thing, ref, maxAgeMs: 60_000 });
    await settled();
    expect(provider.held).toHaveLength(1);
    clock.advance(5_000);
    expect((await first).code).toBe("deadline_exceeded");
    await provider.whenCalled(2);
    expect(provider.held[1]?.call.ctx.remainingMs()).toBe(55_000);
    provider.held[1]?.answer();
    expect((await patient).stats.vendorCalls).toBe(1);
  });

  it("is not made once more when it is the vendor that says its time ran out", async () => {
    const provider = holdingProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const reads = Array.from({ length: 5 }, () => failureOf(nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 5_000 })));
    await provider.whenCalled(1);
    provider.held[0]?.fail(
      new CloudLinkError({ reason: "ErrDeadlineExceeded", message: "Too slow.", origin: "vendor" }),
    );
    const errors = await Promise.all(reads);
    expect(errors.map(({ code }) => code)).toEqual(Array(5).fill("deadline_exceeded"));
    expect(provider.held).toHaveLength(1);
  });

  it("sends away at once whom the wait before the next try would be too long for, and serves the others", async () => {
    const provider = holdingProvider();
    const { nexus, clock, ctx } = cachedKernel(provider);
    const hurried = failureOf(nexus.get(ctx.withTimeout(1_000), { kind: Thing, ref, maxAgeMs: 5_000 }));
    const patient = nexus.get(ctx.withTimeout(30_000), { kind: Thing, ref, maxAgeMs: 5_000 });
    await provider.whenCalled(1);
    provider.held[0]?.fail(throttled(5_000));
    expect(await hurried).toMatchObject({ code: "resource_exhausted", retry: { afterMs: 5_000 } });
    await settled();
    // Less would be no wait, and more is the jitter.
    clock.advance(4_999);
    await settled();
    expect(provider.held).toHaveLength(1);
    clock.advance(1_001);
    await provider.whenCalled(2);
    provider.held[1]?.answer();
    expect((await patient).value.id).toBe("a");
  });

  it("is not tried again where nobody would wait for it", async () => {
    const provider = holdingProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const reads = [10, 1_000].map((ms) =>
      failureOf(nexus.get(ctx.withTimeout(ms), { kind: Thing, ref, maxAgeMs: 5_000 })),
    );
    await provider.whenCalled(1);
    provider.held[0]?.fail(throttled(5_000));
    expect((await Promise.all(reads)).map(({ code }) => code)).toEqual(["resource_exhausted", "resource_exhausted"]);
    expect(provider.held).toHaveLength(1);
  });

  it("counts its tries for the first who asked, and tells all who wait how it ended", async () => {
    const outcomes = [() => Promise.reject(unavailable()), async () => observationOf(ref)];
    const provider = fakeProvider({ get: async () => await (outcomes.shift() as () => Promise<never>)() });
    const { nexus, clock, ctx } = cachedKernel(provider);
    const reads = Array.from({ length: 3 }, () => nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 5_000 }));
    await provider.whenCalled(1);
    while (provider.requests.length === 1) {
      await settled();
      clock.advanceToNext();
      await settled();
    }
    const stats = (await Promise.all(reads)).map((answer) => answer.stats);
    expect(stats.map(({ vendorCalls, retries }) => [vendorCalls, retries])).toEqual([
      [2, 1],
      [0, 0],
      [0, 0],
    ]);
  });
});
