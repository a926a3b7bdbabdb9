import { randomFrom } from "@cloudlink/measure";
import { expect, test } from "vitest";
import { ratioEstimate } from "./ratio-estimate.ts";

test("is the ratio of the sums, with the seeds' own beside it", () => {
  const { value, spread } = ratioEstimate([
    { count: 1, per: 10 },
    { count: 3, per: 10 },
  ]);
  expect(value).toBe(0.2);
  expect(spread).toEqual([0.1, 0.3]);
});

test("counts that move together leave no doubt about their ratio", () => {
  const pairs = [3, 8, 20, 1].map((per) => ({ count: 0.5 * per, per }));
  const { value, from, to } = ratioEstimate(pairs);
  expect([value, from, to]).toEqual([0.5, 0.5, 0.5]);
});

test("the interval holds the truth about 19 times of 20", () => {
  const random = randomFrom(1);
  let held = 0;
  for (let trial = 0; trial < 2_000; trial += 1) {
    const pairs = Array.from({ length: 10 }, () => {
      const per = 100 + 50 * random.next();
      return { count: 0.7 * per + 20 * (random.next() - 0.5), per };
    });
    const { from, to } = ratioEstimate(pairs);
    if (from <= 0.7 && 0.7 <= to) held += 1;
  }
  expect(held / 2_000).toBeGreaterThan(0.93);
  expect(held / 2_000).toBeLessThan(0.97);
});
