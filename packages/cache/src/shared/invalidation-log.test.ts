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
    log.add(entry(11));
    log.load({ position: 10, entries: [entry(10)] });
    expect([log.position, log.passes(10, seen), log.passes(11, seen)]).toEqual([11, false, true]);
  });

  it("knows its own before word of them comes, and when it never does", () => {
    log.told(11, selection("acme"));
    expect([log.passes(10, seen), log.passes(11, seen)]).toEqual([false, true]);
    log.load({ position: 12, entries: [entry(12, { previous: 11, tenant: "other" })] });
    expect([log.passes(10, seen), log.passes(11, seen)]).toEqual([false, true]);
  });
});
