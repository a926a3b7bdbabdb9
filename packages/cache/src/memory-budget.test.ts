import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Kept, type MemoryBounds, MemoryBudget } from "./memory-budget.ts";

/** Something kept that remembers whether it was let go, and is read by hand. */
class Item extends Kept {
  readonly name: string;
  wasRead = false;
  isGone = false;
  readonly #gone: (item: Item) => void;

  constructor(name: string, { bytes = 1, gone = () => {} }: { bytes?: number; gone?(item: Item): void } = {}) {
    super();
    this.name = name;
    this.bytes = bytes;
    this.#gone = gone;
  }

  letGo(): void {
    this.isGone = true;
    this.#gone(this);
  }

  wasReadSinceHandCame(): boolean {
    const { wasRead } = this;
    this.wasRead = false;
    return wasRead;
  }
}

function fill(budget: MemoryBudget, owner: string, names: readonly string[]): readonly Item[] {
  const items = names.map((name) => new Item(name));
  for (const item of items) budget.add(item, owner);
  return items;
}

function left(items: readonly Item[]): readonly string[] {
  return items.filter(({ isGone }) => !isGone).map(({ name }) => name);
}

/** The larger of the parts that it takes of either bound. */
function shareOf(items: readonly Item[], { maxEntries, maxBytes }: MemoryBounds): number {
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  return Math.max(items.length / maxEntries, bytes / maxBytes);
}

type Operation =
  | { readonly type: "add"; readonly owner: string; readonly bytes: number }
  | { readonly type: "remove" | "read"; readonly index: number }
  | { readonly type: "resize"; readonly index: number; readonly bytes: number };

const owner = fc.oneof(
  { weight: 4, arbitrary: fc.constant("large") },
  { weight: 3, arbitrary: fc.constantFrom(..."abc") },
);
const index = fc.nat({ max: 40 });
const bytes = fc.nat({ max: 60 });
const operations: fc.Arbitrary<readonly Operation[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant("add" as const), owner, bytes }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("remove" as const, "read" as const), index }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("resize" as const), index, bytes }) },
  ),
  { maxLength: 120 },
);

describe("a memory budget", () => {
  it("holds both bounds and keeps count after every operation, and takes nothing from who has less than half of the largest", () => {
    const bounds = { maxEntries: 12, maxBytes: 500 };
    fc.assert(
      fc.property(operations, (given) => {
        const budget = new MemoryBudget(bounds);
        const kept = new Map<Item, string>();
        const gone = (item: Item) => {
          const shares = new Map([...Map.groupBy(kept.keys(), (each) => kept.get(each))].map(shareOfOwner));
          expect(shares.get(kept.get(item))).toBeGreaterThanOrEqual(Math.max(...shares.values()) / 2);
          kept.delete(item);
        };
        const shareOfOwner = ([name, items]: [string | undefined, Item[]]) => [name, shareOf(items, bounds)] as const;
        for (const operation of given) {
          if (operation.type === "add") {
            const item = new Item("item", { bytes: operation.bytes, gone });
            budget.add(item, operation.owner);
            kept.set(item, operation.owner);
          } else {
            const item = [...kept.keys()][operation.index % Math.max(1, kept.size)];
            if (item === undefined) continue;
            if (operation.type === "read") item.wasRead = true;
            else if (operation.type === "resize") budget.resize(item, operation.bytes);
            else {
              budget.remove(item);
              kept.delete(item);
            }
          }
          expect(budget.entries).toBe(kept.size);
          expect(budget.bytes).toBe([...kept.keys()].reduce((sum, item) => sum + item.bytes, 0));
          expect(budget.entries).toBeLessThanOrEqual(bounds.maxEntries);
          expect(budget.bytes).toBeLessThanOrEqual(bounds.maxBytes);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("takes from an owner that floods it, whoever else there is", () => {
    const budget = new MemoryBudget({ maxEntries: 100, maxBytes: 1e6 });
    const small = fill(budget, "small", ["a", "b", "c"]);
    fill(
      budget,
      "flood",
      Array.from({ length: 10_000 }, (_, index) => String(index)),
    );
    expect(left(small)).toEqual(["a", "b", "c"]);
    expect([budget.entries, budget.evicted]).toEqual([100, 9_903]);
  });

  it("makes room for a newcomer at the largest owner's expense", () => {
    const budget = new MemoryBudget({ maxEntries: 10, maxBytes: 1e6 });
    const large = fill(budget, "large", [..."abcdefghij"]);
    const small = fill(budget, "new", [..."xy"]);
    expect([left(large).join(""), left(small).join("")]).toEqual(["cdefghij", "xy"]);
  });

  it("goes by bytes where those are what is short", () => {
    const budget = new MemoryBudget({ maxEntries: 1_000, maxBytes: 100 });
    const heavy = [new Item("heavy", { bytes: 45 }), new Item("heavier", { bytes: 45 })];
    for (const item of heavy) budget.add(item, "heavy");
    const light = fill(
      budget,
      "light",
      Array.from({ length: 20 }, (_, index) => String(index)),
    );
    expect([left(heavy), left(light).length]).toEqual([["heavier"], 20]);
  });

  it("keeps what was read since the hand came by, and lets the oldest go that was not (SIEVE)", () => {
    const budget = new MemoryBudget({ maxEntries: 4, maxBytes: 1e6 });
    const items = fill(budget, "one", [..."abcd"]);
    for (const item of items.slice(0, 2)) item.wasRead = true;
    const later = [...fill(budget, "one", ["e"])];
    expect(left(items)).toEqual(["a", "b", "d"]);
    // The hand goes on from where it was, and the marks that it passed are gone.
    later.push(...fill(budget, "one", ["f"]));
    expect(left([...items, ...later])).toEqual(["a", "b", "e", "f"]);
    later.push(...fill(budget, "one", [..."gh"]));
    expect(left([...items, ...later])).toEqual(["a", "b", "g", "h"]);
    fill(budget, "one", ["i"]);
    expect(left([...items, ...later])).toEqual(["a", "b", "h"]);
  });

  it("finds something to let go though everything was read", () => {
    const budget = new MemoryBudget({ maxEntries: 3, maxBytes: 1e6 });
    const items = fill(budget, "one", [..."abc"]);
    for (const item of items) item.wasRead = true;
    fill(budget, "one", ["d"]);
    expect(left(items)).toEqual(["b", "c"]);
  });

  it("scans past what is read only once, where LRU would let go of what is read often", () => {
    const budget = new MemoryBudget({ maxEntries: 10, maxBytes: 1e6 });
    const wanted = fill(budget, "one", [..."abcde"]);
    for (let scanned = 0; scanned < 1_000; scanned += 1) {
      if (scanned % 3 === 0) for (const item of wanted) item.wasRead = true;
      fill(budget, "one", [`scan-${scanned}`]);
    }
    expect(left(wanted)).toEqual([..."abcde"]);
  });

  it("forgets an owner that keeps nothing, and lets go of nothing twice", () => {
    const budget = new MemoryBudget({ maxEntries: 2, maxBytes: 1e6 });
    const [item] = fill(budget, "one", ["a"]) as [Item];
    budget.remove(item);
    budget.remove(item);
    budget.resize(item, 7);
    expect([budget.entries, budget.bytes, item.owner, item.isGone]).toEqual([0, 0, undefined, false]);
    fill(budget, "one", ["b"]);
    expect(budget.entries).toBe(1);
  });

  it("does not take what would need an eighth of all the room, or of which nobody knows what it takes", () => {
    const budget = new MemoryBudget({ maxEntries: 10, maxBytes: 800 });
    expect([budget.takes(100), budget.takes(101)]).toEqual([true, false]);
    const boundless = new MemoryBudget({ maxEntries: 10, maxBytes: Number.POSITIVE_INFINITY });
    expect([boundless.takes(1e12), boundless.takes(Number.POSITIVE_INFINITY)]).toEqual([true, false]);
  });

  it("works without bounds", () => {
    const budget = new MemoryBudget({ maxEntries: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY });
    const items = fill(
      budget,
      "one",
      Array.from({ length: 1_000 }, (_, index) => String(index)),
    );
    expect([left(items).length, budget.evicted]).toEqual([1_000, 0]);
  });
});
