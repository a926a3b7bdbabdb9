import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FairQueue } from "./fair-queue.ts";

const anybody = () => true;

/** Takes turns until nobody waits. */
function turnsOf(queue: FairQueue<{ readonly tenant: string; readonly number: number }>): readonly string[] {
  const turns: string[] = [];
  for (let next = queue.next(anybody); next !== undefined; next = queue.next(anybody)) {
    queue.serve(next);
    turns.push(`${next.tenant}${next.number}`);
  }
  return turns;
}

describe("a fair queue", () => {
  it("goes from tenant to tenant, and by the order they came within one", () => {
    const queue = new FairQueue<{ readonly tenant: string; readonly number: number }>();
    for (const number of [1, 2, 3]) queue.add({ tenant: "a", number });
    queue.add({ tenant: "b", number: 1 });
    queue.add({ tenant: "c", number: 1 });
    queue.add({ tenant: "b", number: 2 });
    expect([...queue.inOrder()].map(({ tenant, number }) => `${tenant}${number}`)).toEqual([
      ...["a1", "b1", "c1", "a2", "b2", "a3"],
    ]);
    expect(turnsOf(queue)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
    expect(queue.size).toBe(0);
  });

  it("says after how many turns one more has its own, and in which order all have theirs", () => {
    const arrivals = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });
    fc.assert(
      fc.property(arrivals, fc.nat({ max: 10 }), fc.constantFrom("a", "e"), (tenants, served, tenant) => {
        const queue = new FairQueue<{ readonly tenant: string; readonly number: number }>();
        for (const [number, each] of tenants.entries()) queue.add({ tenant: each, number });
        for (let turn = 0; turn < served; turn += 1) {
          const next = queue.next(anybody);
          if (next !== undefined) queue.serve(next);
        }
        const before = queue.turnsBefore(tenant);
        queue.add({ tenant, number: 99 });
        const order = [...queue.inOrder()].map((each) => `${each.tenant}${each.number}`);
        const turns = turnsOf(queue);
        expect(turns.indexOf(`${tenant}99`)).toBe(before);
        expect(turns).toEqual(order);
      }),
    );
  });

  it("passes over tenants that may not have a turn now, who keep their place", () => {
    const queue = new FairQueue<{ readonly tenant: string; readonly number: number }>();
    for (const tenant of ["a", "b", "c"]) queue.add({ tenant, number: 1 });
    expect(queue.next((tenant) => tenant !== "a")?.tenant).toBe("b");
    expect(queue.next(() => false)).toBeUndefined();
    expect(turnsOf(queue)).toEqual(["a1", "b1", "c1"]);
  });

  it("forgets whoever leaves, once", () => {
    const queue = new FairQueue<{ readonly tenant: string; readonly number: number }>();
    const waiters = ["a", "a", "b"].map((tenant, number) => ({ tenant, number }));
    for (const waiter of waiters) queue.add(waiter);
    for (const waiter of waiters) queue.remove(waiter);
    for (const waiter of waiters) queue.remove(waiter);
    expect([queue.size, queue.next(anybody), queue.turnsBefore("a")]).toEqual([0, undefined, 0]);
  });
});
