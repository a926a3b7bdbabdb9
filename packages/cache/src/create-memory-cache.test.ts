import type { CacheSelection, Ref } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setUp, type Where } from "../test/set-up.ts";
import { kindNamed, observationOf, Thing, thingRef, thingScope } from "../test/thing.ts";

const ref = thingRef("a");
const scope = thingScope();
const OTHER_KIND = kindNamed("test.Other");

describe("a cache in memory", () => {
  it("counts an entry's age from when the vendor was asked, however long it took", () => {
    const { clock, cache, look } = setUp();
    const fill = cache.namespace({ scope, kind: Thing }).beginFill(clock);
    const observation = observationOf(ref, { observedAt: clock.nowMs() });
    clock.advance(700);
    fill.store(observation, { maxAgeMs: 1_000 });
    expect(look(ref, { maxAgeMs: 700 })?.observation).toBe(observation);
    expect(look(ref, { maxAgeMs: 699 })).toBeUndefined();
  });

  it("does not take a wall clock that is set for time that has gone by", () => {
    const { clock, look, store } = setUp();
    store(ref);
    clock.setWall(clock.nowMs() + 3_600_000);
    expect(look(ref, { maxAgeMs: 0 })).toBeDefined();
    clock.advance(10);
    expect([look(ref, { maxAgeMs: 9 }), look(ref, { maxAgeMs: 10 })?.seenAt]).toEqual([
      undefined,
      clock.monotonicMs() - 10,
    ]);
  });

  it.each([-3_600_000, 3_600_000])(
    "takes nothing for younger because the wall clock was set by %i ms meanwhile",
    (byMs) => {
      for (const observedAfter of [false, true]) {
        const { clock, cache, look } = setUp();
        const fill = cache.namespace({ scope, kind: Thing }).beginFill(clock);
        const sentAtMs = clock.monotonicMs();
        const before = clock.nowMs();
        clock.setWall(before + byMs);
        const observedAt = observedAfter ? clock.nowMs() : before;
        clock.advance(500);
        fill.store(observationOf(ref, { observedAt }), { maxAgeMs: 1_000 });
        expect(look(ref)?.seenAt).toBe(sentAtMs);
      }
    },
  );

  it("takes no observation for younger than the fill that brought it, nor for older", () => {
    const { clock, cache, look } = setUp();
    const fill = cache.namespace({ scope, kind: Thing }).beginFill(clock);
    clock.advance(50);
    fill.store(observationOf(ref, { observedAt: clock.nowMs() - 20 }), { maxAgeMs: 1_000 });
    expect(look(ref)?.seenAt).toBe(clock.monotonicMs() - 20);
    const late = cache.namespace({ scope, kind: Thing }).beginFill(clock);
    clock.advance(50);
    late.store(observationOf(ref, { observedAt: clock.nowMs() - 3_600_000 }), { maxAgeMs: 1_000 });
    expect(look(ref)?.seenAt).toBe(clock.monotonicMs() - 50);
  });

  it("shortens by up to a tenth the ages that nobody asked for, lengthens none, and leaves those that somebody did", () => {
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(unit, fc.integer({ min: 1, max: 100_000 }), (random, maxAgeMs) => {
        const { clock, look, store } = setUp({ random: () => random });
        store(ref, { usual: { maxAgeMs } });
        clock.advance(Math.floor(maxAgeMs * 0.9));
        expect(look(ref, { maxAgeMs: undefined })).toBeDefined();
        clock.advance(maxAgeMs - Math.floor(maxAgeMs * 0.9));
        expect(look(ref, { maxAgeMs })).toBeDefined();
        clock.advance(1);
        expect([look(ref, { maxAgeMs: undefined }), look(ref, { maxAgeMs })]).toEqual([undefined, undefined]);
      }),
    );
  });

  it("ends what was filled together at different instants", () => {
    let random = 0;
    const { look, store } = setUp({ random: () => (random += 0.01) });
    const refs = Array.from({ length: 50 }, (_, index) => thingRef(`thing-${index}`));
    for (const each of refs) store(each, { usual: { maxAgeMs: 10_000 } });
    expect(new Set(refs.map((each) => look(each)?.usual.maxAgeMs)).size).toBe(50);
  });

  it("does not keep a view that the kind does not have", () => {
    const { store, has } = setUp();
    store(ref, { view: "wider" });
    expect(has(ref)).toBe(false);
  });

  it("keeps within its bounds, and counts what it let go", () => {
    const { cache, store } = setUp({ maxEntries: 10 });
    for (let index = 0; index < 25; index += 1) store(thingRef(`thing-${index}`));
    expect(cache.use()).toMatchObject({ entries: 10, evicted: 15, maxEntries: 10 });
  });

  it("keeps within its bounds however narrow they are", () => {
    for (const maxBytes of [1, 100, 450, 455, 500, 1_000, 4_000, 8_000]) {
      const { cache, store, storeAbsent } = setUp({ maxBytes });
      for (let index = 0; index < 25; index += 1) {
        storeAbsent(thingRef(`absent-${index}`));
        store(thingRef(`thing-${index}`));
        store(thingRef(`thing-${index}`), { view: "wide", state: "x".repeat(index * 10) });
        expect(cache.use().bytes).toBeLessThanOrEqual(maxBytes);
      }
    }
  });

  it("counts nothing that it does not keep", () => {
    const { cache, store, storeAbsent } = setUp();
    for (const view of ["narrow", "standard", "wide"]) store(ref, { view });
    storeAbsent(thingRef("b"));
    expect(cache.use().entries).toBe(2);
    expect(cache.invalidate({})).toBe(2);
    expect(cache.use()).toMatchObject({ entries: 0, bytes: 0, evicted: 0, invalidated: 2 });
  });

  it("does not let one tenant push out another", () => {
    const { store, has } = setUp({ maxEntries: 100 });
    for (let index = 0; index < 20; index += 1) store(thingRef(`thing-${index}`));
    const flood = thingScope({ tenant: "flood" });
    for (let index = 0; index < 1_000; index += 1) store(thingRef(`thing-${index}`), { scope: flood });
    for (let index = 0; index < 20; index += 1) expect(has(thingRef(`thing-${index}`))).toBe(true);
  });

  it("shows what is kept without counting it as read", () => {
    const { cache, store } = setUp({ maxEntries: 2 });
    const namespace = cache.namespace({ scope, kind: Thing });
    store(ref);
    store(thingRef("b"));
    expect(namespace.kept(ref)).toHaveLength(1);
    store(thingRef("c"));
    expect(namespace.kept(ref)).toHaveLength(0);
  });

  it("offers to batches what was read, and forgets that with it", () => {
    const { clock, cache, store, look } = setUp();
    const namespace = cache.namespace({ scope, kind: Thing });
    for (const id of ["a", "b", "c"]) store(thingRef(id));
    for (const id of ["a", "b"]) look(thingRef(id), { maxAgeMs: 100 });
    clock.advance(51);
    const siblings = () => namespace.siblings({ view: 1, nowMs: clock.monotonicMs(), limit: 9 }).map(({ id }) => id);
    expect(siblings()).toEqual(["a", "b"]);
    store(thingRef("a"));
    expect(siblings()).toEqual(["b"]);
    cache.invalidate({});
    expect(siblings()).toEqual([]);
  });

  it("has no level that is further away", () => {
    const { cache } = setUp();
    const read = { ref, fromView: 1, nowMs: 0, maxAgeMs: 1, staleMs: 0 };
    expect(cache.namespace({ scope, kind: Thing }).lookFurther(read)).toBeUndefined();
  });
});

describe("nothing is found from another scope", () => {
  /** What a ref cannot have as a part. */
  const NO_PART = /\p{Cc}|^\.\.?$/u;
  // Delimiters of keys, what encodings trip over, and what looks alike.
  const part = fc.oneof(
    fc.constantFrom("/", "a/b", "a", "b", "%2F", "a%2Fb", " ", "a b", "|", "__proto__", "é", "e\u0301", "𝒂", "-"),
    fc
      .string({ minLength: 1, maxLength: 6, unit: "binary" })
      .filter((text) => text.isWellFormed() && !NO_PART.test(text)),
  );
  const region = fc.constantFrom("north", "south", "-");
  const parts = fc.record({ tenant: part, account: part, role: part, region });

  it("whatever tenants, accounts and roles are called", () => {
    fc.assert(
      fc.property(parts, parts, part, (mine, theirs, id) => {
        const [here, there] = [thingScope(mine), thingScope(theirs)];
        fc.pre(here.key !== there.key);
        const { clock, cache, store, has } = setUp();
        const { account, region } = mine;
        const shared = thingRef(id, { account, region });
        store(shared, { scope: here });
        const list = { pages: [], seenAt: clock.monotonicMs(), vendorCalls: 1 };
        cache.namespace({ scope: here, kind: Thing }).beginFill(clock).storeList("all", list);
        const elsewhere = cache.namespace({ scope: there, kind: Thing });
        expect([has(shared, { scope: here }), has(shared, { scope: there })]).toEqual([true, false]);
        expect(elsewhere.kept(shared)).toEqual([]);
        expect(elsewhere.siblings({ view: 9, nowMs: clock.monotonicMs() + 1e6, limit: 9 })).toEqual([]);
        const read = { key: "all", nowMs: clock.monotonicMs(), maxAgeMs: 1_000 };
        expect(elsewhere.lookList(read)).toBeUndefined();
        // And what one lets go of, the other keeps.
        cache.invalidate({ scope: there });
        expect(has(shared, { scope: here })).toBe(true);
      }),
    );
  });
});

describe("an invalidation", () => {
  const names = ["ref", "tenant", "role", "account", "region", "partition", "provider", "kind", "tags"] as const;
  type Name = (typeof names)[number];

  /** Where something is that is unlike the resource `a` of the tenant `acme` in one way. */
  const others: Record<Name, Where & { readonly ref: Ref; readonly tags?: Thing["tags"] }> = {
    ref: { ref: thingRef("b") },
    tenant: { ref, scope: thingScope({ tenant: "other" }) },
    role: { ref, scope: thingScope({ role: "admin" }) },
    account: { ref: thingRef("a", { account: "2" }), scope: thingScope({ account: "2" }) },
    region: { ref: thingRef("a", { region: "south" }), scope: thingScope({ region: "south" }) },
    partition: { ref: thingRef("a", { partition: "cn" }), scope: thingScope({ partition: "cn" }) },
    provider: { ref: thingRef("a", { provider: "other" }), scope: thingScope({ provider: "other" }) },
    kind: { ref: thingRef("a", { kind: OTHER_KIND.name }), kind: OTHER_KIND },
    tags: { ref: thingRef("c"), tags: { team: "blue" } },
  };
  const cases: readonly {
    readonly by: string;
    readonly selection: CacheSelection;
    readonly leaves: readonly Name[];
  }[] = [
    { by: "ref", selection: { ref }, leaves: ["ref", "account", "region", "partition", "provider", "kind", "tags"] },
    { by: "kind", selection: { kind: Thing.name }, leaves: ["kind"] },
    { by: "account", selection: { account: "1" }, leaves: ["account"] },
    { by: "region", selection: { region: "north" }, leaves: ["region"] },
    { by: "partition", selection: { partition: "-" }, leaves: ["partition"] },
    { by: "provider", selection: { provider: "fake" }, leaves: ["provider"] },
    { by: "tenant", selection: { tenant: "acme" }, leaves: ["tenant"] },
    {
      by: "scope",
      selection: { scope },
      leaves: ["tenant", "role", "account", "region", "partition", "provider"],
    },
    { by: "a tag", selection: { tags: { team: "red" } }, leaves: ["tags"] },
    {
      by: "tags, all of them",
      selection: { tags: { team: "red", env: "none" } },
      leaves: names,
    },
    {
      by: "tenant and ref",
      selection: { tenant: "other", ref },
      leaves: names.filter((name) => name !== "tenant"),
    },
    { by: "nothing but that it is kept", selection: {}, leaves: [] },
  ];

  it.each(cases)("by $by reaches what has that, and nothing else: $leaves stay", ({ by, selection, leaves }) => {
    const { cache, store, has } = setUp();
    const tags = { team: "red" };
    store(ref, { tags });
    for (const other of Object.values(others)) store(other.ref, { tags, ...other });
    const spared = by.startsWith("tags") || by === "tenant and ref";
    expect(cache.invalidate(selection)).toBe(names.length - leaves.length + (spared ? 0 : 1));
    expect(has(ref)).toBe(spared);
    expect(names.filter((name) => has(others[name].ref, others[name]))).toEqual(
      names.filter((name) => leaves.includes(name)),
    );
  });

  it.each(cases)(
    "by $by is not undone by a fill that began before, and does not stop one that began after",
    ({ selection }) => {
      const { clock, cache, has } = setUp();
      const where =
        selection.tenant === "other" ? { scope: thingScope({ tenant: "other" }), kind: Thing } : { scope, kind: Thing };
      const namespace = cache.namespace(where);
      const tags = { team: "red", env: "none" };
      const begun = namespace.beginFill(clock);
      expect(begun.isCurrent(ref)).toBe(true);
      cache.invalidate(selection);
      // Of what is on its way nobody knows the tags: it may be concerned.
      expect(begun.isCurrent(ref)).toBe(false);
      begun.store(observationOf(ref, { observedAt: clock.nowMs(), tags }), { maxAgeMs: 1_000 });
      begun.storeAbsent(ref);
      begun.storeList("all", { pages: [], seenAt: clock.monotonicMs(), vendorCalls: 1 });
      expect([has(ref, where), cache.use().entries]).toEqual([false, 0]);
      const next = namespace.beginFill(clock);
      expect(next.isCurrent(ref)).toBe(true);
      next.store(observationOf(ref, { observedAt: clock.nowMs(), tags }), { maxAgeMs: 1_000 });
      expect(has(ref, where)).toBe(true);
    },
  );

  it("of something else leaves a fill that is on its way current", () => {
    const { clock, cache, has } = setUp();
    const fill = cache.namespace({ scope, kind: Thing }).beginFill(clock);
    cache.invalidate({ ref: thingRef("b") });
    cache.invalidate({ tenant: "other" });
    cache.invalidate({ account: "2" });
    expect(fill.isCurrent(ref)).toBe(true);
    fill.store(observationOf(ref, { observedAt: clock.nowMs() }), { maxAgeMs: 1_000 });
    expect(has(ref)).toBe(true);
  });

  it("by tag lets pass what turns out not to have it", () => {
    const { clock, cache, has } = setUp();
    const fill = cache.namespace({ scope, kind: Thing }).beginFill(clock);
    cache.invalidate({ tags: { team: "red" } });
    fill.store(observationOf(ref, { observedAt: clock.nowMs(), tags: { team: "blue" } }), { maxAgeMs: 1_000 });
    expect(has(ref)).toBe(true);
  });

  it("by tag lets go of one view, where the other has another tag", () => {
    const { clock, cache, store, look } = setUp();
    store(ref, { view: "wide", tags: { team: "red" } });
    clock.advance(1);
    store(ref, { view: "narrow", tags: { team: "blue" } });
    expect(cache.invalidate({ tags: { team: "red" } })).toBe(1);
    expect(look(ref, { fromView: 0 })?.observation?.view).toBe("narrow");
    expect(look(ref, { fromView: 1 })).toBeUndefined();
  });
});

describe("word of a change", () => {
  /** An observation at an instant, and word of a change at another. */
  function heard({ observedAt, occurredAt }: { readonly observedAt: number; readonly occurredAt: number }): boolean {
    const { clock, cache, has } = setUp();
    const startMs = clock.nowMs();
    const fill = cache.namespace({ scope, kind: Thing }).beginFill(clock);
    clock.advance(10_000);
    fill.store(observationOf(ref, { observedAt: startMs + observedAt }), { maxAgeMs: 60_000 });
    cache.applied({ ref, occurredAt: startMs + occurredAt });
    return has(ref);
  }

  it("lets go of what was seen before the change, and up to a second after it, by which clocks may differ", () => {
    expect(heard({ observedAt: 2_000, occurredAt: 3_000 })).toBe(false);
    expect(heard({ observedAt: 3_999, occurredAt: 3_000 })).toBe(false);
  });

  it("that comes late leaves what was seen since", () => {
    expect(heard({ observedAt: 4_000, occurredAt: 3_000 })).toBe(true);
  });

  it("may come twice and out of order: what was seen after the latest change stays, and nothing else", () => {
    const instants = fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.nat({ max: 20 }), instants, (seen, changes) => {
        const { clock, cache, has } = setUp();
        const startMs = clock.nowMs();
        const fill = cache.namespace({ scope, kind: Thing }).beginFill(clock);
        clock.advance(60_000);
        const observation = observationOf(ref, { observedAt: startMs + seen * 1_000 });
        fill.store(observation, { maxAgeMs: 1e6 });
        for (const change of [...changes, ...changes]) cache.applied({ ref, occurredAt: startMs + change * 1_000 });
        expect(has(ref)).toBe(changes.every((change) => seen >= change + 1));
        // So it is for what comes only after the word.
        fill.store(observation, { maxAgeMs: 1e6 });
        expect(has(ref)).toBe(changes.every((change) => seen >= change + 1));
      }),
    );
  });

  it("ends flights that began before it, whenever they saw what", () => {
    const { clock, cache } = setUp();
    const fill = cache.namespace({ scope, kind: Thing }).beginFill(clock);
    cache.applied({ ref, occurredAt: clock.nowMs() - 60_000 });
    expect([fill.isCurrent(ref), fill.isCurrent(thingRef("b"))]).toEqual([false, true]);
  });

  it("reaches every scope that sees the resource, absence and lists among what goes, and nothing beside it", () => {
    const { clock, cache, store, storeAbsent, has } = setUp();
    const [other, elsewhere] = [thingScope({ tenant: "other" }), thingScope({ account: "2" })];
    store(ref);
    store(thingRef("b"));
    storeAbsent(ref, { scope: other });
    store(thingRef("a", { account: "2" }), { scope: elsewhere });
    const list = { pages: [], seenAt: clock.monotonicMs(), vendorCalls: 1 };
    cache.namespace({ scope: other, kind: Thing }).beginFill(clock).storeList("all", list);
    cache.applied({ ref, occurredAt: clock.nowMs() });
    expect([has(ref), has(ref, { scope: other })]).toEqual([false, false]);
    expect(cache.use()).toMatchObject({ entries: 2, invalidated: 3 });
    expect([has(thingRef("b")), has(thingRef("a", { account: "2" }), { scope: elsewhere })]).toEqual([true, true]);
  });
});

describe("an action", () => {
  it("is heard of in every scope that sees the resource: entries and lists go, and fills that began before store nothing", () => {
    const { clock, cache, store, has } = setUp();
    const other = thingScope({ tenant: "other", role: "admin" });
    const list = { pages: [], seenAt: clock.monotonicMs(), vendorCalls: 1 };
    const fills = [scope, other].map((each) => {
      store(ref, { scope: each });
      store(thingRef("b"), { scope: each });
      cache.namespace({ scope: each, kind: Thing }).beginFill(clock).storeList("all", list);
      return cache.namespace({ scope: each, kind: Thing }).beginFill(clock);
    });
    cache.namespace({ scope, kind: Thing }).acted({ ref, nowMs: clock.monotonicMs() });
    for (const fill of fills) {
      fill.store(observationOf(ref, { observedAt: clock.nowMs() }), { maxAgeMs: 1_000 });
      fill.storeList("all", list);
    }
    for (const where of [{ scope }, { scope: other }]) {
      expect([has(ref, where), has(thingRef("b"), where)]).toEqual([false, true]);
      const read = { key: "all", nowMs: clock.monotonicMs(), maxAgeMs: 1_000 };
      expect(cache.namespace({ ...where, kind: Thing }).lookList(read)).toBeUndefined();
    }
    expect(cache.use().invalidated).toBe(4);
  });
});
