import type { CacheRead } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import { EVERY_VIEW, ResourceEntry } from "./resource-entry.ts";
import { ResourceSlot } from "./resource-slot.ts";

const ref = thingRef("a");
const [NARROW, STANDARD, WIDE] = [0, 1, 2];

function seen(view: number, seenAt: number): ResourceEntry {
  const observation = observationOf(ref, { observedAt: seenAt, view: Thing.views[view] ?? "none" });
  const usual = { maxAgeMs: 1_000, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
  return new ResourceEntry({ observation, source: "memory", seenAt, usual, view, bytes: 10 });
}

/** A slot that took these in, in this order. */
function slotOf(...entries: readonly ResourceEntry[]): ResourceSlot {
  const slot = new ResourceSlot(ref, () => {});
  for (const entry of entries) slot.take(entry);
  return slot;
}

function read(fields: Partial<CacheRead> = {}): CacheRead {
  return { ref, fromView: STANDARD, nowMs: 100, maxAgeMs: 1_000, staleMs: 0, ...fields };
}

describe("a slot", () => {
  it("answers for a narrow view by a wide one, and not the reverse", () => {
    const wide = seen(WIDE, 50);
    expect(slotOf(wide).answer(read({ fromView: NARROW }))).toBe(wide);
    expect(slotOf(seen(NARROW, 50)).answer(read({ fromView: WIDE }))).toBeUndefined();
  });

  it("keeps a wide entry beside a younger narrow one, and answers by the youngest that will do", () => {
    const [wide, narrow] = [seen(WIDE, 50), seen(NARROW, 90)];
    const slot = slotOf(wide, narrow);
    expect(slot.entries).toEqual([narrow, wide]);
    expect(slot.answer(read({ fromView: NARROW }))).toBe(narrow);
    expect(slot.answer(read({ fromView: STANDARD }))).toBe(wide);
    expect([slot.view, slot.filledAt]).toEqual([WIDE, 90]);
  });

  it("lets go of what is no younger and no wider than what comes", () => {
    const wide = seen(WIDE, 90);
    expect(slotOf(seen(STANDARD, 50), seen(NARROW, 90), wide).entries).toEqual([wide]);
  });

  it("takes in no late fill that a younger entry has said as much as", () => {
    const slot = slotOf(seen(STANDARD, 90));
    expect([slot.take(seen(STANDARD, 89)), slot.take(seen(NARROW, 89))]).toEqual([false, false]);
    expect(slot.entries).toHaveLength(1);
  });

  it("keeps a younger narrow entry when an older wide one comes late", () => {
    const [late, narrow] = [seen(WIDE, 50), seen(NARROW, 90)];
    const slot = slotOf(narrow, late);
    expect(slot.entries).toEqual([narrow, late]);
    expect(slot.answer(read({ fromView: NARROW }))).toBe(narrow);
  });

  it("forgets everything when the resource was absent since, and absence when it was seen since, in whatever view", () => {
    const absent = ResourceEntry.absent(70);
    expect(slotOf(seen(WIDE, 50), seen(NARROW, 60), absent).entries).toEqual([absent]);
    const narrow = seen(NARROW, 90);
    expect(slotOf(absent, narrow).entries).toEqual([narrow]);
  });

  it("takes in no late absence of a resource that was seen since, and nothing that was seen before it was absent", () => {
    const narrow = seen(NARROW, 90);
    const slot = slotOf(narrow);
    expect(slot.take(ResourceEntry.absent(70))).toBe(false);
    expect(slot.entries).toEqual([narrow]);
    expect(slotOf(ResourceEntry.absent(70)).take(seen(WIDE, 60))).toBe(false);
  });

  it("is absent in every view, and in none for longer than 2 s", () => {
    const slot = slotOf(ResourceEntry.absent(100));
    expect(slot.answer(read({ fromView: WIDE, nowMs: 2_100, maxAgeMs: 60_000 }))?.observation).toBeUndefined();
    for (const longer of [{ maxAgeMs: 60_000 }, { staleMs: 60_000 }, { maxAgeMs: undefined, staleMs: undefined }]) {
      expect(slot.answer(read({ nowMs: 2_101, ...longer }))).toBeUndefined();
    }
  });

  it("hands out an entry that serves by itself until something younger comes, and no longer than it is kept", () => {
    const wide = seen(WIDE, 50);
    const slot = slotOf(wide);
    expect(wide.serves(read(), 1)).toBe(false);
    slot.answer(read());
    expect(wide.serves(read(), 1)).toBe(true);
    slot.take(seen(NARROW, 90));
    expect(wide.serves(read({ fromView: NARROW }), 1)).toBe(false);
    slot.answer(read());
    expect(wide.serves(read(), 1)).toBe(true);
    slot.unlist();
    expect(wide.serves(read(), 1)).toBe(false);
    slot.answer(read());
    slot.letGo();
    expect([wide.serves(read(), 1), slot.entries]).toEqual([false, []]);
  });

  it("remembers over fills when it was last read, and the age that was asked for", () => {
    const slot = slotOf(seen(STANDARD, 50));
    slot.answer(read({ nowMs: 80, maxAgeMs: 500 }));
    slot.take(seen(STANDARD, 90));
    expect([slot.readAt, slot.askedAgeMs]).toEqual([80, 500]);
    expect([slot.wasReadSinceHandCame(), slot.wasReadSinceHandCame()]).toEqual([true, false]);
    slot.answer(read({ nowMs: 95, maxAgeMs: undefined }));
    expect([slot.wasReadSinceHandCame(), slot.askedAgeMs]).toEqual([true, 1_000]);
  });

  it("takes what its entries take, and something for itself", () => {
    const one = slotOf(seen(STANDARD, 50)).size();
    expect(slotOf(seen(WIDE, 50), seen(NARROW, 90)).size()).toBe(one + 10);
  });

  it("answers by the youngest of all that were ever taken in, in whatever order they came", () => {
    const entry = fc.record({ view: fc.nat({ max: 2 }), seenAt: fc.nat({ max: 20 }) });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (given) => {
        const slot = slotOf(...given.map(({ view, seenAt }) => seen(view, seenAt)));
        for (const fromView of [NARROW, STANDARD, WIDE]) {
          const ages = given.filter(({ view }) => view >= (fromView ?? 0)).map(({ seenAt }) => seenAt);
          const youngest = ages.length === 0 ? undefined : Math.max(...ages);
          expect(slot.answer(read({ fromView: fromView ?? 0 }))?.seenAt).toBe(youngest);
        }
        expect(slot.entries.length).toBeLessThanOrEqual(Thing.views.length);
      }),
    );
  });

  it("never answers by what was seen before the resource was last known to be absent, or that it is absent once it was seen since", () => {
    const entry = fc.record({ view: fc.constantFrom(0, 1, 2, EVERY_VIEW), seenAt: fc.nat({ max: 20 }) });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (given) => {
        const slot = slotOf(
          ...given.map(({ view, seenAt }) => (view === EVERY_VIEW ? ResourceEntry.absent(seenAt) : seen(view, seenAt))),
        );
        const absent = slot.entries.find(({ view }) => view === EVERY_VIEW);
        if (absent === undefined) return;
        expect(slot.entries).toHaveLength(1);
        for (const { view, seenAt } of given)
          if (view !== EVERY_VIEW) expect(seenAt).toBeLessThanOrEqual(absent.seenAt);
      }),
    );
  });
});
