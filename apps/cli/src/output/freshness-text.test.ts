import { expect, test } from "vitest";
import { freshnessText } from "./freshness-text.ts";

test("advice is one line: how old, when it is something else, and how old a list may be", () => {
  const rules = [{ path: "powerState", words: ["starting", "stopping"], maxAgeMs: 2_000 }];
  expect(freshnessText({ maxAgeMs: 90_000, listMaxAgeMs: 500, rules })).toBe(
    "1m 30s; 2.0s where powerState is starting or stopping; a list 500ms",
  );
});

test("where nothing is advertised, and for a list of which nothing is said, it is live", () => {
  expect(freshnessText(undefined)).toBe("live");
  expect(freshnessText({ maxAgeMs: 0 })).toBe("live; a list live");
});

test("stale answers that will do are named beside the age", () => {
  expect(freshnessText({ maxAgeMs: 1_000, staleWhileRevalidateMs: 5_000, staleIfErrorMs: 60_000 })).toBe(
    "1.0s (5.0s more while it is refreshed, 1m 0s more at a fault); a list live",
  );
});
