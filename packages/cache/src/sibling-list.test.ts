import { describe, expect, it } from "vitest";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import { ResourceEntry } from "./resource-entry.ts";
import { ResourceSlot } from "./resource-slot.ts";
import { SiblingList } from "./sibling-list.ts";

const STANDARD = Thing.views.indexOf("standard");
const [HERE, LONG] = [STANDARD, 10_000];

/** A resource that was seen, and read later for an age. */
function slotOf(id: string, { seenAt = 0, readAt = 0, askedAgeMs = 100, view = STANDARD }): ResourceSlot {
  const ref = thingRef(id);
  const slot = new ResourceSlot(ref, () => {});
  const observation = observationOf(ref, { observedAt: seenAt });
  slot.take(new ResourceEntry({ observation, source: "memory", seenAt, usual: { maxAgeMs: 1 }, view, bytes: 0 }));
  slot.answer({ ref, fromView: 0, nowMs: readAt, maxAgeMs: askedAgeMs, staleMs: 0 });
  return slot;
}

function listOf(...slots: readonly ResourceSlot[]): SiblingList {
  const list = new SiblingList();
  for (const slot of slots) list.add(slot);
  return list;
}

function taken(list: SiblingList, { nowMs = 100, view = HERE, limit = 10 } = {}): readonly string[] {
  return list.take({ nowMs, view, limit }).map(({ id }) => id);
}

describe("a batch with room takes along", () => {
  it("what is past half of the age that was last asked for", () => {
    const list = listOf(slotOf("a", { seenAt: 49 }), slotOf("b", { seenAt: 50 }), slotOf("c", { askedAgeMs: LONG }));
    expect(taken(list)).toEqual(["a"]);
    expect(taken(list, { nowMs: 101 })).toEqual(["a", "b"]);
  });

  it("no more than there is room for, those that were filled longest ago first", () => {
    const slots = [..."abc"].map((id) => slotOf(id, {}));
    const list = listOf(...slots);
    list.filled(slots[0] as ResourceSlot);
    expect(taken(list)).toEqual(["b", "c", "a"]);
    expect(taken(list, { limit: 2 })).toEqual(["b", "c"]);
    expect(taken(list, { limit: 0 })).toEqual([]);
  });

  it("nothing that is kept in a wider view than the batch reads, and nothing that is absent", () => {
    const absent = new ResourceSlot(thingRef("gone"), () => {});
    absent.take(ResourceEntry.absent(0));
    const list = listOf(slotOf("wide", { view: 2 }), slotOf("narrow", { view: 0 }), absent);
    expect(taken(list)).toEqual(["narrow"]);
    expect(taken(list, { view: 2 })).toEqual(["wide", "narrow"]);
  });

  it("nothing that nobody has read for five minutes, until it is read again", () => {
    const slot = slotOf("a", {});
    const list = listOf(slot);
    expect(taken(list, { nowMs: 300_000 })).toEqual(["a"]);
    expect(taken(list, { nowMs: 300_001 })).toEqual([]);
    expect([slot.isCandidate, slot.entries[0]?.isAtHand]).toEqual([false, false]);
    list.filled(slot);
    expect(taken(list, { nowMs: 300_000 })).toEqual([]);
    list.add(slot);
    expect(taken(list, { nowMs: 300_000 })).toEqual(["a"]);
  });

  it("nothing that is not kept any more", () => {
    const slot = slotOf("a", {});
    const list = listOf(slot);
    list.remove(slot);
    expect(taken(list)).toEqual([]);
  });

  it("what it finds without looking through all that are too young", () => {
    const young = Array.from({ length: 65 }, (_, index) => slotOf(`young-${index}`, { seenAt: 99 }));
    expect(taken(listOf(...young.slice(1), slotOf("old", {})))).toEqual(["old"]);
    expect(taken(listOf(...young, slotOf("old", {})))).toEqual([]);
  });
});
