import { describe, expect, it } from "vitest";
import { createRetryBudgets } from "./retry-budget.ts";

describe("a retry budget", () => {
  it("pays for 35 tries after transient failures, or 100 after throttles, and then for none", () => {
    const budgets = createRetryBudgets();
    for (const [throttled, tries] of [
      [false, 35],
      [true, 100],
    ] as const) {
      const budget = budgets.of([String(throttled)]);
      for (let spent = 0; spent < tries; spent += 1) expect(budget.spend({ throttled })).toBe(true);
      expect(budget.spend({ throttled })).toBe(false);
    }
  });

  it("gets back what the last try cost when that came through, and one unit for each call that needed none", () => {
    const budget = createRetryBudgets().of(["limit"]);
    for (let spent = 0; spent < 35; spent += 1) budget.spend({ throttled: false });
    budget.succeeded({ throttled: false });
    expect(budget.spend({ throttled: false })).toBe(true);
    // 10 of 500 are left, and a try costs 14.
    for (let call = 0; call < 3; call += 1) budget.succeeded(undefined);
    expect(budget.spend({ throttled: false })).toBe(false);
    budget.succeeded(undefined);
    expect(budget.spend({ throttled: false })).toBe(true);
  });

  it("never holds more than it began with", () => {
    const budget = createRetryBudgets().of(["limit"]);
    for (let call = 0; call < 1_000; call += 1) budget.succeeded(undefined);
    let tries = 0;
    while (budget.spend({ throttled: false })) tries += 1;
    expect(tries).toBe(35);
  });

  it("is one for all who ask for the same limit, and another for each other limit", () => {
    const budgets = createRetryBudgets();
    while (budgets.of(["a"]).spend({ throttled: true }));
    expect(budgets.of(["a"]).spend({ throttled: true })).toBe(false);
    expect(budgets.of(["b"]).spend({ throttled: true })).toBe(true);
  });

  it("of a call that several limits are charged for is spent from all of them, or from none", () => {
    const budgets = createRetryBudgets();
    for (let tries = 0; tries < 40; tries += 1) expect(budgets.of(["a", "b"]).spend({ throttled: true })).toBe(true);
    while (budgets.of(["a"]).spend({ throttled: true }));
    expect(budgets.of(["b", "a"]).spend({ throttled: true })).toBe(false);
    let left = 0;
    while (budgets.of(["b"]).spend({ throttled: true })) left += 1;
    expect(left).toBe(60);
    budgets.of(["a", "b"]).succeeded({ throttled: true });
    expect(["a", "b"].map((key) => budgets.of([key]).spend({ throttled: true }))).toEqual([true, true]);
  });
});
