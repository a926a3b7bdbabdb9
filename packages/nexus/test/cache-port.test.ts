import { background, CloudLinkError } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { createNexus } from "../src/index.ts";
import { failureOf, notFound, unavailable } from "./errors.ts";
import { fakeCache, fakeCredentials, fakeEvents } from "./fake-ports.ts";
import { fakeProvider, never } from "./fake-provider.ts";
import { impatientClock } from "./paged-list.ts";
import { observationOf, Thing, thingRef } from "./thing.ts";

const ctx = background();
const ref = thingRef("a");

describe("the cache port", () => {
  const clock = createManualClock({ nowMs: 50_000 });
  const timed = background({ clock });

  it("is looked at only where an older answer will do, and never for a native body", async () => {
    const cache = fakeCache();
    const nexus = createNexus({ providers: [fakeProvider()], cache });
    await nexus.get(timed, { kind: Thing, ref });
    await nexus.get(timed, { kind: Thing, ref, maxAgeMs: 0 });
    await nexus.get(timed, { kind: Thing, ref, maxAgeMs: 9, native: true });
    await nexus.getMany(timed, { kind: Thing, refs: [ref] });
    expect(cache.looks).toEqual([]);
    await nexus.get(timed, { kind: Thing, ref, maxAgeMs: 2_000, view: "state" });
    await nexus.getMany(timed, { kind: Thing, refs: [ref], maxAgeMs: Number.POSITIVE_INFINITY });
    expect(cache.looks).toMatchObject([
      { ref, kind: { major: 1 }, fromView: 0, maxAgeMs: 2_000, nowMs: clock.monotonicMs() },
      { ref, kind: { major: 1 }, fromView: 1, maxAgeMs: Number.POSITIVE_INFINITY, nowMs: clock.monotonicMs() },
    ]);
  });

  it("answers without credentials or provider", async () => {
    const observation = observationOf(ref, { observedAt: 49_000, value: { state: "kept" } });
    const cache = fakeCache(() => ({ observation, source: "memory", ageMs: 1_000 }));
    const provider = fakeProvider();
    const credentials = fakeCredentials();
    const nexus = createNexus({ providers: [provider], cache, credentials });
    const answer = await nexus.get(timed, { kind: Thing, ref, maxAgeMs: 5_000 });
    expect(answer).toMatchObject({
      value: { state: "kept" },
      freshness: { source: "memory", observedAt: 49_000, ageMs: 1_000 },
    });
    expect(answer.stats.vendorCalls).toBe(0);
    expect(Object.isFrozen(answer.value.tags)).toBe(true);
    const { outcomes } = await nexus.getMany(timed, { kind: Thing, refs: [ref], maxAgeMs: 5_000 });
    expect(outcomes).toMatchObject([{ ok: true, state: { freshness: { source: "memory" } } }]);
    expect(provider.requests).toEqual([]);
    expect(credentials.taken).toEqual([]);
  });

  it("hears that a fill begins before the vendor is asked, and keeps what came, frozen and without its native body", async () => {
    const cache = fakeCache();
    const stepsAtTheVendor: string[][] = [];
    const see = async () => {
      stepsAtTheVendor.push([...cache.steps]);
      return { ...observationOf(ref), native: { adminPassword: "hunter2" } };
    };
    const events = fakeEvents();
    const provider = fakeProvider({ get: see, getMany: async () => [{ ok: true, ref, state: await see() }] });
    const nexus = createNexus({ providers: [provider], cache, events });
    await nexus.get(ctx, { kind: Thing, ref });
    await nexus.get(ctx, { kind: Thing, ref, native: true });
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [ref] });
    expect(stepsAtTheVendor).toEqual([
      ["begin"],
      ["begin", "store", "begin"],
      ["begin", "store", "begin", "store", "begin"],
    ]);
    expect(cache.steps).toHaveLength(6);
    for (const kept of [...cache.stored, ...events.published.map(({ observation }) => observation)]) {
      expect(Object.isFrozen(kept) && Object.isFrozen(kept?.value)).toBe(true);
      expect(kept).not.toHaveProperty("native");
    }
    expect(JSON.stringify([cache.stored, events.published, outcomes])).not.toContain("hunter2");
    expect(events.published).toMatchObject(
      Array.from({ length: 3 }, () => ({
        type: "observed",
        kind: "test.Thing",
        ref: ref.key,
        scope: { account: "1", region: "north" },
      })),
    );
  });

  it("keeps nothing of what failed or was not what it should be", async () => {
    for (const get of [
      () => Promise.reject(unavailable()),
      () => Promise.reject(new TypeError("broken")),
      async () => observationOf(thingRef("b")),
    ]) {
      const cache = fakeCache();
      const events = fakeEvents();
      const nexus = createNexus({
        providers: [fakeProvider({ get, capabilities: { getMany: undefined } })],
        cache,
        events,
      });
      const hasty = background({ clock: impatientClock() });
      await failureOf(nexus.get(hasty, { kind: Thing, ref }));
      await nexus.getMany(hasty, { kind: Thing, refs: [ref] });
      expect(cache.steps).toEqual(["begin", "begin"]);
      expect(events.published.filter(({ type }) => type === "observed")).toEqual([]);
    }
  });

  it("keeps that a resource is absent, by the vendor's word and by no other", async () => {
    const cache = fakeCache();
    const absent = { ok: false, ref, error: notFound() } as const;
    for (const capabilities of [{}, { getMany: undefined }]) {
      const provider = fakeProvider({
        capabilities,
        get: () => Promise.reject(notFound()),
        getMany: async () => [absent],
      });
      const nexus = createNexus({ providers: [provider], cache });
      await failureOf(nexus.get(ctx, { kind: Thing, ref }));
      await nexus.getMany(ctx, { kind: Thing, refs: [ref] });
    }
    const kept = ["begin", "absent", "begin", "absent", "begin", "absent", "begin", "absent"];
    expect(cache.steps).toEqual(kept);

    const events = fakeEvents();
    const noSecret = new CloudLinkError({
      code: "not_found",
      reason: "v.None",
      message: "None.",
      origin: "credentials",
    });
    const credentials = { ...fakeCredentials(), lease: () => Promise.reject(noSecret) };
    const locked = createNexus({ providers: [fakeProvider()], cache, events, credentials });
    expect((await failureOf(locked.get(ctx, { kind: Thing, ref }))).code).toBe("not_found");
    await locked.getMany(ctx, { kind: Thing, refs: [ref] });
    const failing = fakeProvider({ getMany: () => Promise.reject(notFound()) });
    await createNexus({ providers: [failing], cache, events }).getMany(ctx, {
      kind: Thing,
      refs: [ref, thingRef("b")],
    });
    expect(cache.steps.slice(kept.length)).toEqual(["begin", "begin", "begin"]);
    expect(events.published).toEqual([]);
  });

  it("is asked for every view that answers, and may answer later", async () => {
    const observation = observationOf(ref, { observedAt: 49_000, view: "health" });
    const cache = fakeCache(() => Promise.resolve({ observation, source: "redis" }));
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider], cache });
    const answer = await nexus.get(timed, { kind: Thing, ref, maxAgeMs: 5_000 });
    expect(answer).toMatchObject({ view: "health", freshness: { source: "redis" } });
    const { outcomes } = await nexus.getMany(timed, { kind: Thing, refs: [ref], maxAgeMs: 5_000 });
    expect(outcomes).toMatchObject([{ ok: true, state: { view: "health" } }]);
    expect(cache.looks.map(({ fromView }) => fromView)).toEqual([1, 1]);
    expect(provider.requests).toEqual([]);
    const missing = createNexus({ providers: [provider], cache: fakeCache(async () => undefined) });
    expect((await missing.get(timed, { kind: Thing, ref, maxAgeMs: 5_000 })).freshness.source).toBe("live");
  });

  it("that does not answer costs a call no more than its deadline", async () => {
    const clock = createManualClock();
    const nexus = createNexus({ providers: [fakeProvider()], cache: fakeCache(never) });
    const failed = failureOf(nexus.get(background({ clock }).withTimeout(20), { kind: Thing, ref, maxAgeMs: 9 }));
    await clock.whenPending(1);
    clock.advance(20);
    expect((await failed).code).toBe("deadline_exceeded");
  });

  it("has one fill a read, tries included", async () => {
    const clock = createManualClock();
    const cache = fakeCache();
    const outcomes = [() => Promise.reject(unavailable()), async () => observationOf(ref)];
    const provider = fakeProvider({
      get: () => (outcomes.shift() ?? outcomes[0])?.() ?? Promise.reject(unavailable()),
    });
    const reading = createNexus({ providers: [provider], cache }).get(background({ clock }), { kind: Thing, ref });
    await clock.whenPending(3);
    clock.advanceToNext();
    await reading;
    expect(cache.steps).toEqual(["begin", "store"]);
  });
});
