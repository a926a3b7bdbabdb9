import { expect, test } from "vitest";
import { type Figure, isMet } from "./figure.ts";
import { report, reportJson } from "./report.ts";

const figure: Figure = {
  row: "speed-0",
  name: "something",
  value: 1.1,
  unit: "x",
  goal: { atMost: 1.1 },
  n: 7,
  spread: [1, 2],
};

test("a goal is met up to and including its bound, and missed beyond it", () => {
  expect(isMet(figure)).toBe(true);
  expect(isMet({ ...figure, value: 1.1001 })).toBe(false);
  expect(isMet({ value: 99.9, goal: { atLeast: 99.9 } })).toBe(true);
  expect(isMet({ value: 99.8, goal: { atLeast: 99.9 } })).toBe(false);
});

test("a figure that was not measured meets nothing", () => {
  expect(isMet({ ...figure, value: Number.NaN })).toBe(false);
  expect(isMet({ value: Number.NaN, goal: { atLeast: 0 } })).toBe(false);
});

test("a figure that misses its goal says so in the table and in the JSON", () => {
  const missed = { ...figure, value: 3 };
  expect(report([figure, missed]).map((line) => /\b(met|MISSED)\b/.exec(line)?.[1])).toEqual([
    undefined,
    "met",
    "MISSED",
  ]);
  expect(JSON.parse(reportJson([missed]))).toEqual([
    { row: "speed-0", figure: "something", value: 3, unit: "x", goal: "<=1.1", met: false, n: 7, spread: [1, 2] },
  ]);
});

test("a figure without a goal stands beside the others, and is neither met nor missed", () => {
  const { goal: _goal, ...beside } = figure;
  expect(report([beside])[1]).not.toMatch(/\b(met|MISSED)\b/);
  expect(JSON.parse(reportJson([beside]))[0]).not.toHaveProperty("met");
});
