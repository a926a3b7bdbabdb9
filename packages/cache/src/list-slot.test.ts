import type { CachedList } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { setUp } from "../test/set-up.ts";
import { observationOf, Thing, thingRef, thingScope } from "../test/thing.ts";

const place = { scope: thingScope(), kind: Thing };

/** A list of things with those states, the first page of which was asked for at an instant. */
function listOf(seenAt: number, states: readonly string[] = ["running"]): CachedList {
  const items = states.map((state, index) => observationOf(thingRef(`thing-${index}`), { observedAt: 0, state }));
  return { pages: [{ items, cursor: null }], seenAt, vendorCalls: 1 };
}

/** A cache, and a list in it. */
function setUpLists(settings: Parameters<typeof setUp>[0] = {}) {
  const { clock, cache, store, has } = setUp(settings);
  const namespace = cache.namespace(place);
  return {
    clock,
    cache,
    namespace,
    store,
    has,
    keep: (key: string, list: CachedList) => namespace.beginFill(clock).storeList(key, list),
    look: (key: string, maxAgeMs = 1e6) => namespace.lookList({ key, nowMs: clock.monotonicMs(), maxAgeMs }),
  };
}

describe("a list that is kept", () => {
  it("answers what asks for the same, if it is no older than that", () => {
    const { clock, keep, look } = setUpLists();
    const list = listOf(clock.monotonicMs());
    keep("all", list);
    clock.advance(100);
    expect([look("all", 100), look("all", 99), look("some")]).toEqual([list, undefined, undefined]);
  });

  it("gives way to a younger one, and not to one that comes late", () => {
    const { clock, cache, keep, look } = setUpLists();
    const [old, young] = [listOf(clock.monotonicMs()), listOf(clock.monotonicMs() + 5)];
    keep("all", old);
    keep("all", young);
    expect(look("all")).toBe(young);
    keep("all", old);
    expect([look("all"), cache.use().entries]).toEqual([young, 1]);
  });

  it("counts for what its items hold, and is not kept if that is too much", () => {
    const { clock, cache, keep, look } = setUpLists({ maxBytes: 80_000 });
    keep("short", listOf(clock.monotonicMs(), ["x".repeat(5_000)]));
    expect(cache.use().bytes).toBeGreaterThan(5_000);
    keep("long", listOf(clock.monotonicMs(), ["x".repeat(5_000), "y".repeat(5_000)]));
    expect([look("short")?.pages, look("long")]).toMatchObject([[{ cursor: null }], undefined]);
  });

  it("is let go in its turn, unless it was read", () => {
    const { clock, keep, look, store, has } = setUpLists({ maxEntries: 2 });
    keep("read", listOf(clock.monotonicMs()));
    keep("not read", listOf(clock.monotonicMs()));
    look("read");
    store(thingRef("a"));
    expect([look("read") !== undefined, look("not read"), has(thingRef("a"))]).toEqual([true, undefined, true]);
  });

  it("goes with anything of its place that is invalidated, and with nothing of another", () => {
    const { clock, cache, keep, look, store, has } = setUpLists();
    const list = listOf(clock.monotonicMs());
    for (const elsewhere of [{ account: "2" }, { tenant: "other" }, { kind: "test.Other" }, { region: "south" }]) {
      keep("all", list);
      cache.invalidate(elsewhere);
      expect(look("all")).toBe(list);
    }
    store(thingRef("b"));
    for (const here of [{ ref: thingRef("a") }, { tags: { team: "red" } }, { kind: Thing.name }, {}]) {
      keep("all", list);
      cache.invalidate(here);
      expect(look("all")).toBeUndefined();
    }
    expect([has(thingRef("b")), cache.use().entries]).toEqual([false, 0]);
  });

  it("leaves the entries of its items when it is let go", () => {
    const { clock, cache, keep, store, has } = setUpLists();
    store(thingRef("b"));
    keep("all", listOf(clock.monotonicMs()));
    cache.invalidate({ ref: thingRef("a") });
    expect([has(thingRef("b")), cache.use().entries]).toEqual([true, 1]);
  });

  it("has 10,000 items at the most", () => {
    expect(setUpLists().namespace.mostListItems).toBe(10_000);
  });
});
