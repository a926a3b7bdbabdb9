import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { CachePlace } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { kindNamed, observationOf, Thing, thingRef, thingScope } from "../test/thing.ts";
import { createMemoryCache } from "./create-memory-cache.ts";

/** Collects garbage now. */
const collect: () => void = (() => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
})();

/** Lets go of what only this turn of the event loop has seen, and collects what nobody holds. */
async function collected(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise(setImmediate);
    collect();
  }
}

const clock = createManualClock();
const ref = thingRef("a");
const place: CachePlace = { scope: thingScope(), kind: Thing };
const observation = () => observationOf(ref, { observedAt: clock.nowMs() });

describe("a namespace", () => {
  it("is the same object for the same place, whoever names it", () => {
    const cache = createMemoryCache();
    const namespace = cache.namespace(place);
    expect(cache.namespace({ scope: thingScope(), kind: Thing })).toBe(namespace);
  });

  it.each([
    ["tenant", { scope: thingScope({ tenant: "other" }), kind: Thing }],
    ["role", { scope: thingScope({ role: "admin" }), kind: Thing }],
    ["account", { scope: thingScope({ account: "2" }), kind: Thing }],
    ["region", { scope: thingScope({ region: "south" }), kind: Thing }],
    ["kind", { scope: thingScope(), kind: kindNamed("test.Other") }],
    ["major version", { scope: thingScope(), kind: { ...Thing, major: 2 } }],
  ])("is another for another %s", (_what, other) => {
    const cache = createMemoryCache();
    expect(cache.namespace(other)).not.toBe(cache.namespace(place));
  });

  it("that is empty goes when nobody has it, and leaves nothing behind", async () => {
    const cache = createMemoryCache();
    const gone = new WeakRef(cache.namespace(place));
    await collected();
    expect(gone.deref()).toBeUndefined();
  });

  it("that is empty stays the same while somebody has it, so that nobody misses an invalidation", async () => {
    const cache = createMemoryCache();
    const namespace = cache.namespace(place);
    await collected();
    expect(cache.namespace(place)).toBe(namespace);
  });

  it("that keeps something stays though nobody has it, and goes once that has gone", async () => {
    const cache = createMemoryCache();
    const kept = new WeakRef(cache.namespace(place));
    const store = () => cache.namespace(place).beginFill(clock).store(observation(), { maxAgeMs: 1_000 });
    store();
    await collected();
    expect(kept.deref()?.kept(ref)).toHaveLength(1);
    cache.invalidate({});
    await collected();
    expect(kept.deref()).toBeUndefined();
  });

  it("that was acted in goes as others do", async () => {
    const cache = createMemoryCache();
    const acted = new WeakRef(cache.namespace(place));
    acted.deref()?.acted({ ref, nowMs: clock.monotonicMs() });
    await collected();
    expect(acted.deref()).toBeUndefined();
  });

  it("is made anew where one has gone, and hears of invalidations as that one did", async () => {
    const cache = createMemoryCache();
    cache.namespace(place);
    await collected();
    const namespace = cache.namespace(place);
    const fill = namespace.beginFill(clock);
    await collected();
    cache.invalidate({ ref });
    fill.store(observation(), { maxAgeMs: 1_000 });
    expect([fill.isCurrent(ref), cache.use().entries]).toEqual([false, 0]);
    namespace.beginFill(clock).store(observation(), { maxAgeMs: 1_000 });
    expect(cache.invalidate({ ref })).toBe(1);
  });
});
