import { describe, expect, it } from "vitest";
import { setUp } from "../test/set-up.ts";
import { kindNamed, Thing, thingRef, thingScope } from "../test/thing.ts";
import { RecentActions } from "./recent-actions.ts";

const ref = thingRef("a");
const scope = thingScope();
const other = thingScope({ tenant: "other", role: "admin" });

describe("after an action, absence", () => {
  it("is not kept for a minute, in the scope that acted and in every other that sees the resource", () => {
    const { clock, cache, storeAbsent, has } = setUp();
    // What the action empties is among them; and what is read for the first time only afterwards.
    storeAbsent(ref);
    cache.namespace({ scope, kind: Thing }).acted({ ref, nowMs: clock.monotonicMs() });
    for (const where of [{ scope }, { scope: other }]) {
      storeAbsent(ref, where);
      expect(has(ref, where)).toBe(false);
    }
    clock.advance(59_999);
    storeAbsent(ref);
    expect(has(ref)).toBe(false);
    clock.advance(1);
    for (const where of [{ scope }, { scope: other }]) {
      storeAbsent(ref, where);
      expect(has(ref, where)).toBe(true);
    }
  });

  it("is not kept by a fill that began before the minute was over", () => {
    const { clock, cache, has } = setUp();
    const namespace = cache.namespace({ scope, kind: Thing });
    namespace.acted({ ref, nowMs: clock.monotonicMs() });
    clock.advance(59_999);
    const fill = namespace.beginFill(clock);
    clock.advance(2);
    fill.storeAbsent(ref);
    expect(has(ref)).toBe(false);
  });

  it("is kept of another kind, and in another account", () => {
    const { clock, cache, storeAbsent, has } = setUp();
    cache.namespace({ scope, kind: Thing }).acted({ ref, nowMs: clock.monotonicMs() });
    const kind = kindNamed("test.Other");
    const elsewhere = { scope: thingScope({ account: "2" }) };
    storeAbsent(thingRef("a", { kind: kind.name }), { kind });
    storeAbsent(thingRef("a", { account: "2" }), elsewhere);
    expect(has(thingRef("a", { kind: kind.name }), { kind })).toBe(true);
    expect(has(thingRef("a", { account: "2" }), elsewhere)).toBe(true);
  });
});

describe("recent actions", () => {
  const place = { scope, kind: Thing };

  it("begin their minute anew with each action", () => {
    const actions = new RecentActions();
    actions.add({ ref, nowMs: 0 });
    actions.add({ ref: thingRef("b"), nowMs: 30_000 });
    expect([actions.concern(place, 89_999), actions.concern(place, 90_000)]).toEqual([true, false]);
  });

  it("are forgotten when their minute is over, at the next action", () => {
    const actions = new RecentActions();
    actions.add({ ref, nowMs: 0 });
    actions.add({ ref: thingRef("a", { account: "2" }), nowMs: 60_000 });
    expect(actions.concern(place, 0)).toBe(false);
  });

  it("of one account say nothing of another with a name that looks alike", () => {
    const actions = new RecentActions();
    actions.add({ ref: thingRef("a", { account: '1","north' }), nowMs: 0 });
    expect(actions.concern(place, 1)).toBe(false);
  });
});
