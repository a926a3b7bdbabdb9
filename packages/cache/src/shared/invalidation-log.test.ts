import { beforeEach, describe, expect, it } from "vitest";
import { Thing, thingRef, thingScope } from "../../test/thing.ts";
import { InvalidationLog } from "./invalidation-log.ts";

const seen = { place: { scope: thingScope(), kind: Thing }, ref: thingRef("a"), observation: undefined };
const selection = (tenant: string) => ({ type: "selection", selection: { tenant } }) as const;
const entry = (position: number, { previous = position - 1, tenant = "acme" } = {}) => ({
  position,
  previous,
  invalidation: selection(tenant),
});

describe("the log of invalidations of more than one resource", () => {
  let log: InvalidationLog;

  beforeEach(() => {
    log = new InvalidationLog();
    log.load({ position: 10, entries: [entry(10)] });
  });

  it("lets pass what was fetched after the last that concerns it", () => {
    expect(log.add(entry(11, { tenant: "other" }))).toBe(true);
    expect([log.passes(9, seen), log.passes(10, seen), log.passes(11, seen)]).toEqual([false, true, true]);
  });

  it("lets nothing pass that was fetched before one that is missing", () => {
    expect(log.add(entry(12, { previous: 11, tenant: "other" }))).toBe(false);
    expect([log.passes(10, seen), log.passes(11, seen)]).toEqual([false, true]);
  });

  it("keeps what was heard before the log came that was asked for earlier", () => {
    log.lost();
    log.add(entry(11));
    log.load({ position: 10, entries: [entry(10)] });
    expect([log.position, log.passes(10, seen), log.passes(11, seen)]).toEqual([11, false, true]);
  });

  it("knows its own before word of them comes, and when it never does", () => {
    log.told(11, selection("acme"));
    expect([log.passes(10, seen), log.passes(11, seen)]).toEqual([false, true]);
    log.add(entry(12, { previous: 11, tenant: "other" }));
    expect([log.passes(10, seen), log.passes(11, seen)]).toEqual([false, true]);
  });

  it("goes by another log, which begins lower, once that is loaded: places of two do not compare", () => {
    log.told(11, selection("acme"));
    log.lost();
    log.load({ position: 5, entries: [] });
    expect([log.position, log.passes(5, seen)]).toEqual([5, true]);
    log.add(entry(6));
    expect([log.position, log.passes(5, seen), log.passes(6, seen)]).toEqual([6, false, true]);
    log.told(7, selection("acme"));
    expect(log.passes(6, seen)).toBe(false);
  });

  it("knows until a log is loaded what it knew before, and what it is told of, wherever that stands", () => {
    log.add(entry(11, { tenant: "other" }));
    log.lost();
    expect([log.passes(9, seen), log.passes(10, seen)]).toEqual([false, true]);
    log.add(entry(5));
    expect(log.passes(11, seen)).toBe(false);
    // That attempt to listen failed.
    log.lost();
    expect(log.passes(11, seen)).toBe(false);
    log.load({ position: 4, entries: [] });
    expect([log.position, log.passes(4, seen)]).toEqual([4, true]);
    log.lost();
    log.told(3, selection("acme"));
    expect(log.passes(4, seen)).toBe(false);
  });
});
