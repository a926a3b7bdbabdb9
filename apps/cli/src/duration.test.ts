import { expect, test } from "vitest";
import { durationText, parseDuration } from "./duration.ts";

test.each([
  ["500ms", 500],
  ["2s", 2_000],
  ["1.5m", 90_000],
  ["1h", 3_600_000],
  ["0s", 0],
])("%s is %d milliseconds", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(["", "2", "s", "-1s", "1e3s", " 1s", "1 s", "1d", "1s2s", "toString"])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([
  [0, "0ms"],
  [999, "999ms"],
  [1_000, "1.0s"],
  [59_949, "59.9s"],
  [59_960, "1m 0s"],
  [3_599_000, "59m 59s"],
  [3_599_600, "1h 0m"],
  [7_800_000, "2h 10m"],
])("%d milliseconds read %s", (milliseconds, text) => {
  expect(durationText(milliseconds)).toBe(text);
});
