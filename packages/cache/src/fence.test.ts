import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fence } from "./fence.ts";

/** How many invalidations it remembers. */
const REMEMBERED = 1_024;

describe("a fence", () => {
  it("lets pass what nothing that was invalidated since concerns, and nothing else", () => {
    const events = fc.array(fc.oneof(fc.constant("fill" as const), fc.nat({ max: 4 })), { maxLength: 60 });
    fc.assert(
      fc.property(events, fc.nat({ max: 4 }), (given, subject) => {
        const fence = new Fence<number>();
        const fills: { readonly since: number; isCurrent: boolean }[] = [];
        for (const event of given) {
          if (event === "fill") fills.push({ since: fence.position, isCurrent: true });
          else {
            fence.add((each) => each === event);
            if (event === subject) for (const fill of fills) fill.isCurrent = false;
          }
          for (const { since, isCurrent } of fills) expect(fence.passes(since, subject)).toBe(isCurrent);
        }
      }),
    );
  });

  it("lets nothing pass that is older than what it remembers, whatever was invalidated", () => {
    const fence = new Fence<string>();
    const since = fence.position;
    for (let count = 0; count < REMEMBERED; count += 1) fence.add((subject) => subject === "another");
    expect([fence.passes(since, "this"), fence.passes(since, "another")]).toEqual([true, false]);
    fence.add(() => false);
    expect(fence.passes(since, "this")).toBe(false);
    expect(fence.passes(since + 1, "this")).toBe(true);
    expect(fence.passes(fence.position, "another")).toBe(true);
  });

  it("goes by what was invalidated since, when it has forgotten what was before", () => {
    const fence = new Fence<number>();
    for (let count = 0; count < 3 * REMEMBERED; count += 1) fence.add((subject) => subject === count);
    const last = 3 * REMEMBERED - 1;
    expect([fence.passes(fence.position - 2, last), fence.passes(fence.position - 2, last - 1)]).toEqual([
      false,
      false,
    ]);
    expect(fence.passes(fence.position - 2, last - 2)).toBe(true);
  });
});
