import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { observationOf, thingRef } from "../test/thing.ts";
import { EVERY_VIEW, ResourceEntry } from "./resource-entry.ts";

const ref = thingRef("a");

function entryOf(usual: { readonly maxAgeMs: number; readonly staleWhileRevalidateMs?: number }): ResourceEntry {
  const observation = observationOf(ref, { observedAt: 0 });
  return new ResourceEntry({ observation, source: "memory", seenAt: 1_000, usual, view: 1, bytes: 0 });
}

describe("an entry", () => {
  it("answers if and only if it is no older than was asked for, stale or not, in a view that will do", () => {
    const age = fc.nat({ max: 50 });
    fc.assert(
      fc.property(age, age, age, fc.nat({ max: 2 }), (ageMs, maxAgeMs, staleMs, fromView) => {
        const isRead = entryOf({ maxAgeMs: 1e6 }).isRead({ ref, fromView, nowMs: 1_000 + ageMs, maxAgeMs, staleMs });
        expect(isRead).toBe(fromView <= 1 && ageMs <= maxAgeMs + staleMs);
      }),
    );
  });

  it("answers who does not say by what is usual for it", () => {
    const entry = entryOf({ maxAgeMs: 20, staleWhileRevalidateMs: 5 });
    const asked = { ref, fromView: 0, maxAgeMs: undefined };
    expect(entry.isRead({ ...asked, nowMs: 1_020, staleMs: 0 })).toBe(true);
    expect(entry.isRead({ ...asked, nowMs: 1_021, staleMs: 0 })).toBe(false);
    expect(entry.isRead({ ...asked, nowMs: 1_025, staleMs: undefined })).toBe(true);
    expect(entry.isRead({ ...asked, nowMs: 1_026, staleMs: undefined })).toBe(false);
    expect(entry.isRead({ ...asked, nowMs: 1_000, maxAgeMs: 0, staleMs: 0 })).toBe(true);
    expect(entry.isRead({ ...asked, nowMs: 1_001, maxAgeMs: 0, staleMs: 0 })).toBe(false);
  });

  it("counts as read, and as asked for that age, when it does not answer, too", () => {
    const entry = entryOf({ maxAgeMs: 20 });
    entry.isRead({ ref, fromView: 2, nowMs: 1_500, maxAgeMs: 7, staleMs: 0 });
    expect([entry.readAt, entry.askedAgeMs]).toEqual([1_500, 7]);
  });

  it("does not serve before it was found, whatever is asked", () => {
    const entry = entryOf({ maxAgeMs: 20 });
    const read = { ref, fromView: 0, nowMs: 1_000, maxAgeMs: 1_000, staleMs: 0 };
    expect(entry.serves(read, 1)).toBe(false);
    entry.isAtHand = true;
    expect([entry.serves(read, 1), entry.serves({ ...read, nowMs: 2_001 }, 1)]).toEqual([true, false]);
  });

  it("of an absent resource is of every view, and has no value", () => {
    const absent = ResourceEntry.absent(1_000);
    expect([absent.view, absent.observation, absent.usual]).toEqual([EVERY_VIEW, undefined, { maxAgeMs: 2_000 }]);
  });

  it("is worn by 800 reads, and not before a tenth of the age that is asked for", () => {
    const entry = entryOf({ maxAgeMs: 20 });
    const readAt = (nowMs: number) => entry.isRead({ ref, fromView: 0, nowMs, maxAgeMs: 1_000, staleMs: 0 });
    for (let time = 1; time < 800; time += 1) readAt(1_100);
    expect(entry.isWorn(1_100)).toBe(false);
    readAt(1_100);
    expect([entry.isWorn(1_099), entry.isWorn(1_100)]).toEqual([false, true]);
  });
});
