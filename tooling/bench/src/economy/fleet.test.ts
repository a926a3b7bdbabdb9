import { randomFrom } from "@cloudlink/measure";
import { expect, test } from "vitest";
import { Fleet } from "./fleet.ts";

test("a machine changes once in two hours on average, and stays as it is in between", () => {
  const machines = 2_000;
  const durationMs = 3_600_000;
  const fleet = new Fleet({ machines, durationMs }, randomFrom(1));
  let changes = 0;
  for (let machine = 0; machine < machines; machine += 1) {
    for (let at = 0; at < durationMs; at += 10_000) {
      if (fleet.isRunning(machine, at) !== fleet.isRunning(machine, at + 10_000)) changes += 1;
    }
  }
  // 1,000 are due; six standard deviations of a Poisson number are 190.
  expect(Math.abs(changes - machines / 2)).toBeLessThan(190);
});

test("the same seed makes the same fleet", () => {
  const [one, other] = [1, 1].map((seed) => new Fleet({ machines: 50, durationMs: 3_600_000 }, randomFrom(seed)));
  for (let machine = 0; machine < 50; machine += 1) {
    expect(one?.isRunning(machine, 3_000_000)).toBe(other?.isRunning(machine, 3_000_000));
  }
});
