import { background, CloudLinkError } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { type CachedFunctionSettings, createCachedFunction } from "./create-cached-function.ts";

interface Loaded {
  readonly key: string;
  readonly load: number;
}

/** A cached function whose loads end when the test says so, on a clock of the test's. */
function makeCached(settings: Partial<CachedFunctionSettings<Loaded>> = {}) {
  const clock = createManualClock();
  const ctx = background({ clock });
  const loads: {
    readonly key: string;
    readonly tenant: string;
    readonly signal: AbortSignal;
    end(error?: Error): void;
  }[] = [];
  const cached = createCachedFunction<Loaded>({
    maxAgeMs: 1_000,
    load({ tenant, signal }, key) {
      const { promise, resolve, reject } = Promise.withResolvers<Loaded>();
      const load = loads.length + 1;
      const end = (error?: Error) => (error === undefined ? resolve({ key, load }) : reject(error));
      loads.push({ key, tenant, signal, end });
      return promise;
    },
    ...settings,
  });
  const filled = async (key: string) => {
    const first = cached.get(ctx, { key });
    loads.at(-1)?.end();
    return await first;
  };
  return { clock, ctx, loads, cached, filled };
}

describe("a cached function", () => {
  it("answers from memory if and only if the load began at or after now − maxAgeMs", async () => {
    const { clock, ctx, loads, cached, filled } = makeCached();
    const { freshness } = await filled("a");
    expect(freshness).toMatchObject({ source: "live", refreshing: false });
    clock.advance(1_000);
    expect((await cached.get(ctx, { key: "a" })).freshness).toMatchObject({ source: "memory", ageMs: 1_000 });
    expect(loads).toHaveLength(1);
    const older = cached.get(ctx, { key: "a", maxAgeMs: 999 });
    loads[1]?.end();
    expect((await older).value.load).toBe(2);
  });

  it("counts the age from when the load began, however long it took", async () => {
    const { clock, ctx, loads, cached } = makeCached();
    const first = cached.get(ctx, { key: "a" });
    clock.advance(700);
    loads[0]?.end();
    expect((await first).freshness.ageMs).toBe(700);
  });

  it("shares a load among those for whom it began recently enough, and never with a live read that comes later", async () => {
    const { clock, ctx, loads, cached } = makeCached();
    const calls = [cached.get(ctx, { key: "a" }), cached.get(ctx, { key: "a" })];
    clock.advance(10);
    calls.push(cached.get(ctx, { key: "a", maxAgeMs: 10 }));
    const live = cached.get(ctx, { key: "a", maxAgeMs: 0 });
    expect(loads).toHaveLength(2);
    loads[0]?.end();
    expect((await Promise.all(calls)).map(({ value }) => value.load)).toEqual([1, 1, 1]);
    loads[1]?.end();
    expect((await live).value.load).toBe(2);
  });

  it("shares no load with a live read, not even one that began at the same instant", async () => {
    const { ctx, loads, cached } = makeCached();
    const first = cached.get(ctx, { key: "a" });
    const live = cached.get(ctx, { key: "a", maxAgeMs: 0 });
    expect(loads).toHaveLength(2);
    for (const load of loads) load.end();
    expect([(await first).value.load, (await live).value.load]).toEqual([1, 2]);
  });

  it("keeps tenants apart", async () => {
    const { ctx, loads, cached, filled } = makeCached();
    await filled("a");
    const other = cached.get(ctx.withTenant("other"), { key: "a" });
    expect(loads.map(({ tenant }) => tenant)).toEqual(["default", "other"]);
    loads[1]?.end();
    expect((await other).value.load).toBe(2);
  });

  it("lets each leave by its own deadline, and cancels the load when the last has left", async () => {
    const { clock, ctx, loads, cached } = makeCached();
    const hurried = cached.get(ctx.withTimeout(10), { key: "a" });
    const patient = cached.get(ctx.withTimeout(20), { key: "a" });
    clock.advance(10);
    await expect(hurried).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(loads[0]?.signal.aborted).toBe(false);
    clock.advance(10);
    await expect(patient).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(loads[0]?.signal.aborted).toBe(true);
  });

  it("keeps the younger of two values, whichever load ends last", async () => {
    const { clock, ctx, loads, cached } = makeCached();
    const first = cached.get(ctx, { key: "a" });
    clock.advance(10);
    const second = cached.get(ctx, { key: "a", maxAgeMs: 0 });
    loads[1]?.end();
    expect((await second).value.load).toBe(2);
    loads[0]?.end();
    expect((await first).value.load).toBe(1);
    expect((await cached.get(ctx, { key: "a" })).value.load).toBe(2);
  });

  it("lets nobody join a load that the last has just left, or whose time has just run out", async () => {
    const { clock, ctx, loads, cached } = makeCached({ timeoutMs: 50 });
    using leaving = ctx.withCancel();
    const left = cached.get(leaving, { key: "a" });
    leaving.cancel();
    const next = cached.get(ctx, { key: "a" });
    expect(loads).toHaveLength(2);
    loads[1]?.end();
    expect((await next).value.load).toBe(2);
    await expect(left).rejects.toMatchObject({ code: "canceled" });

    const slow = cached.get(ctx, { key: "b" });
    clock.advance(50);
    const patient = cached.get(ctx, { key: "b" });
    expect(loads).toHaveLength(4);
    loads[3]?.end();
    expect((await patient).value.load).toBe(4);
    await expect(slow).rejects.toMatchObject({ code: "deadline_exceeded" });
  });

  it("ends a load that takes longer than timeoutMs, though it notices nothing", async () => {
    const { clock, ctx, loads, cached } = makeCached({ timeoutMs: 50 });
    const call = cached.get(ctx, { key: "a" });
    clock.advance(50);
    await expect(call).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect([loads[0]?.signal.aborted, clock.pendingTimers]).toEqual([true, 0]);
  });

  it("shares an error with those who wait, and keeps it for nobody", async () => {
    const { ctx, loads, cached } = makeCached();
    const calls = [cached.get(ctx, { key: "a" }), cached.get(ctx, { key: "a" })];
    const broken = new Error("broken");
    loads[0]?.end(broken);
    for (const call of calls) await expect(call).rejects.toBe(broken);
    const next = cached.get(ctx, { key: "a" });
    expect(loads).toHaveLength(2);
    loads[1]?.end();
    await next;
  });

  it("answers at once with what is a little too old, and loads once meanwhile", async () => {
    const { clock, ctx, loads, cached, filled } = makeCached({ staleWhileRevalidateMs: 500 });
    await filled("a");
    clock.advance(1_500);
    const stale = await Promise.all([cached.get(ctx, { key: "a" }), cached.get(ctx, { key: "a" })]);
    for (const { value, freshness } of stale) {
      expect([value.load, freshness.ageMs, freshness.refreshing]).toEqual([1, 1_500, true]);
    }
    expect(loads).toHaveLength(2);
    loads[1]?.end();
    await new Promise(setImmediate);
    expect((await cached.get(ctx, { key: "a" })).value.load).toBe(2);
  });

  it("answers with what is too old rather than with an error, where that is asked for", async () => {
    const { clock, ctx, loads, cached, filled } = makeCached();
    await filled("a");
    clock.advance(1_200);
    const kept = cached.get(ctx, { key: "a", staleIfErrorMs: 200 });
    loads[1]?.end(new Error("broken"));
    expect((await kept).value.load).toBe(1);
    const refused = cached.get(ctx, { key: "a", staleIfErrorMs: 199 });
    loads[2]?.end(new Error("broken"));
    await expect(refused).rejects.toThrow("broken");
    using leaving = ctx.withCancel();
    const left = cached.get(leaving, { key: "a", staleIfErrorMs: 200 });
    leaving.cancel();
    await expect(left).rejects.toMatchObject({ code: "canceled" });
  });

  it.each([
    ["its key", { key: "a" }],
    ["a tag", { tag: "tag-a" }],
    ["its tenant", { tenant: "default" }],
    ["nothing but that it is there", {}],
  ])("forgets by %s, and a load that began before stores nothing and is joined by nobody", async (_what, selection) => {
    const { ctx, loads, cached, filled } = makeCached({ tagsOf: (_value, key) => [`tag-${key}`] });
    await filled("a");
    const late = cached.get(ctx, { key: "a", maxAgeMs: 0 });
    expect(cached.invalidate(selection)).toBe(1);
    const next = cached.get(ctx, { key: "a" });
    expect(loads).toHaveLength(3);
    loads[1]?.end();
    expect((await late).value.load).toBe(2);
    const again = cached.get(ctx, { key: "a" });
    loads[2]?.end();
    expect((await Promise.all([next, again])).map(({ value }) => value.load)).toEqual([3, 3]);
    expect((await cached.get(ctx, { key: "a" })).value.load).toBe(3);
  });

  it("leaves what an invalidation does not name", async () => {
    const { cached, filled } = makeCached({ tagsOf: (_value, key) => [`tag-${key}`] });
    await filled("a");
    for (const selection of [{ key: "b" }, { tag: "tag-b" }, { tenant: "other" }]) {
      expect(cached.invalidate(selection)).toBe(0);
    }
  });

  it("holds its bounds, and freezes what it keeps", async () => {
    const { ctx, loads, cached, filled } = makeCached({ maxEntries: 2 });
    for (const key of ["a", "b", "c"]) expect(Object.isFrozen((await filled(key)).value)).toBe(true);
    const again = cached.get(ctx, { key: "a" });
    loads[3]?.end();
    expect((await again).value.load).toBe(4);
  });

  it("refuses what it cannot work with, and says what to do", async () => {
    const { ctx, cached } = makeCached();
    const load = async () => 1;
    for (const settings of [
      { maxAgeMs: -1 },
      { maxAgeMs: 1, maxEntries: 0 },
      { maxAgeMs: 1, staleIfErrorMs: Number.NaN },
    ]) {
      expect(() => createCachedFunction({ load, ...settings })).toThrow(CloudLinkError);
    }
    await expect(cached.get(ctx, { key: 1 as never })).rejects.toMatchObject({ reason: "ErrInvalidRequest" });
    await expect(cached.get(ctx, { key: "a", maxAgeMs: -1 })).rejects.toThrow("maxAgeMs");
  });

  it("passes on what a load throws at once", async () => {
    const broken = new TypeError("broken");
    const cached = createCachedFunction({
      maxAgeMs: 1_000,
      load() {
        throw broken;
      },
    });
    await expect(cached.get(background(), { key: "a" })).rejects.toBe(broken);
  });

  it("judges what is too old by when the load failed, however long that took", async () => {
    const { clock, ctx, loads, cached, filled } = makeCached();
    await filled("a");
    clock.advance(1_100);
    const late = cached.get(ctx, { key: "a", staleIfErrorMs: 200 });
    clock.advance(101);
    loads[1]?.end(new Error("broken"));
    await expect(late).rejects.toThrow("broken");
  });

  it.each([{ maxAgeMs: undefined as never }, { maxAgeMs: 1, timeoutMs: -1 }, { maxAgeMs: 1, timeoutMs: "x" as never }])(
    "refuses settings that cannot be worked with: %o",
    (settings) => {
      expect(() => createCachedFunction({ load: async () => 1, ...settings })).toThrow("maxAgeMs");
    },
  );
});
