import { expect, it } from "vitest";
import { randomFrom } from "./random.ts";

it("shuffles into every order, the same one by the same seed, and leaves what it was given alone", () => {
  const items = ["a", "b", "c"];
  const orders = new Set<string>();
  for (let seed = 0; seed < 200; seed += 1) {
    const order = randomFrom(seed).shuffled(items).join("");
    expect(randomFrom(seed).shuffled(items).join("")).toBe(order);
    orders.add(order);
  }
  expect([...orders].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
  expect(items).toEqual(["a", "b", "c"]);
});
