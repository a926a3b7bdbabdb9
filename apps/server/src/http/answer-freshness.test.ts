import type { Freshness } from "@cloudlink/core";
import { describe, expect, test } from "vitest";
import { type AskedFreshness, freshnessHeaders } from "./answer-freshness.ts";

function aged(ageMs: number, source: Freshness["source"] = "memory"): Freshness {
  return { source, observedAt: 0, ageMs, refreshing: false };
}

describe("Cache-Control of an answer", () => {
  test.each<[string, AskedFreshness, string]>([
    ["as long as the query says", { maxAgeMs: 30_999 }, "private, max-age=30, must-revalidate"],
    ["no longer than every cache can count", { maxAgeMs: 1e15 }, "private, max-age=2147483648, must-revalidate"],
    ["to be asked again where the query says nothing", {}, "private, no-cache"],
    ["to be asked again where the query says live", { maxAgeMs: 0 }, "private, no-cache"],
    ["to be asked again below a second", { maxAgeMs: 999, staleIfErrorMs: 999 }, "private, no-cache"],
    [
      "to be asked again with a native body",
      { maxAgeMs: 30_000, staleIfErrorMs: 5_000, native: true },
      "private, no-cache",
    ],
    [
      "and while a newer one is fetched",
      { maxAgeMs: 30_000, staleWhileRevalidateMs: 5_500 },
      "private, max-age=30, stale-while-revalidate=5",
    ],
    [
      "and if there is none to be had",
      { maxAgeMs: 30_000, staleIfErrorMs: 60_000 },
      "private, max-age=30, stale-if-error=60",
    ],
    [
      "only while a newer one is fetched",
      { maxAgeMs: 0, staleWhileRevalidateMs: 5_000 },
      "private, max-age=0, stale-while-revalidate=5",
    ],
    ["to be asked again where only staleness is said", { staleWhileRevalidateMs: 5_000 }, "private, no-cache"],
  ])("is: %s", (_, asked, expected) => {
    expect(freshnessHeaders(asked, aged(1))["cache-control"]).toBe(expected);
  });
});

describe("Age of an answer", () => {
  test.each([
    [0, "0"],
    [1, "1"],
    [1_000, "1"],
    [1_001, "2"],
    [1e15, "2147483648"],
  ])("of %d ms is %s, so that no cache takes it for younger", (ageMs, age) => {
    expect(freshnessHeaders({}, aged(ageMs)).age).toBe(age);
  });

  test("is not there on a live one: the vendor was asked for it. What it took is off its lifetime", () => {
    const asked = { maxAgeMs: 30_000 };
    expect(freshnessHeaders(asked, aged(1, "live"))).toEqual({
      "cache-control": "private, max-age=29, must-revalidate",
    });
    expect(freshnessHeaders(asked, aged(31_000, "live"))).toEqual({ "cache-control": "private, no-cache" });
  });
});

test("no cache that counts whole seconds gives an answer that is older than was asked for", () => {
  for (const source of ["live", "memory"] as const) {
    for (const ageMs of [0, 1, 499, 500, 999, 1_000, 1_001, 2_500, 9_999]) {
      const { age = "0", "cache-control": control = "" } = freshnessHeaders({ maxAgeMs: 10_000 }, aged(ageMs, source));
      const lifetime = Number(/max-age=(\d+)/.exec(control)?.[1] ?? 0);
      // RFC 9111, 4.2: fresh while the lifetime is greater than the age. One that has counted n seconds has kept it less than n + 1.
      const countedAtMost = lifetime - 1 - Number(age);
      if (countedAtMost >= 0) expect(ageMs + (countedAtMost + 1) * 1_000).toBeLessThanOrEqual(10_000);
    }
  }
});
