import { expect, test } from "vitest";
import { requestFreshness } from "./request-freshness.ts";

test.each([
  [undefined, {}],
  ["", {}],
  ["no-store, no-transform, only-if-cached, max-stale=5, min-fresh=5", {}],
  ["no-cache", { maxAgeMs: 0 }],
  ["max-age=30", { maxAgeMs: 30_000 }],
  ["MAX-AGE=30", { maxAgeMs: 30_000 }],
  ['max-age="30"', { maxAgeMs: 30_000 }],
  ["max-age=0", { maxAgeMs: 0 }],
  ["stale-if-error=600", { staleIfErrorMs: 600_000 }],
  ["max-age=30, stale-if-error=600", { maxAgeMs: 30_000, staleIfErrorMs: 600_000 }],
  [" ,,max-age=30 ,\tno-transform, ", { maxAgeMs: 30_000 }],
])("Cache-Control: %s says %o", (given, freshness) => {
  expect(requestFreshness({ "cache-control": given })).toEqual(freshness);
});

test.each([
  ["of several, the youngest", "max-age=60, max-age=30, no-cache=x", { maxAgeMs: 0 }],
  ["of several, the one that takes less", "stale-if-error=9, stale-if-error=8", { staleIfErrorMs: 8_000 }],
  ["an age that is none is 0", "max-age=x", { maxAgeMs: 0 }],
  ["an age that is left out is 0", "max-age", { maxAgeMs: 0 }],
  ["an age below 0 is 0", "max-age=-5, stale-if-error=-5", { maxAgeMs: 0, staleIfErrorMs: 0 }],
  ["an age that is too large is the largest", `max-age=${"9".repeat(400)}`, { maxAgeMs: Number.MAX_SAFE_INTEGER }],
  ["what is quoted in another directive is its own", 'x="max-age=5, no-cache", max-age=9', { maxAgeMs: 9_000 }],
  ["a directive that only ends so is another", "x-max-age=5", {}],
])("%s", (_, given, freshness) => {
  expect(requestFreshness({ "cache-control": given })).toEqual(freshness);
});

test("reads as much as a request may have, whatever it is, without going over it again and again", () => {
  for (const piece of ['a="\\', "a=", '"', ",", " ", "\\", 'max-age="', "a"]) {
    requestFreshness({ "cache-control": piece.repeat(128 * 1024) });
  }
});
