import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeInQuotes, isHazardous, neutralize } from "./neutralize.ts";

const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) });

test.each([
  ["\x1b[2J", "\\x1b[2J"],
  ["\u009b31m", "\\x9b31m"],
  ["a\nb\tc\r", "a\\nb\\tc\\r"],
  ["\u202egnp.exe", "\\u202egnp.exe"],
  ["zero\u200bwidth", "zero\\u200bwidth"],
  ["\u{e0041}tag", "\\u{e0041}tag"],
  ["half \ud800 pair", "half \\ud800 pair"],
])("%j is shown as %s", (text, shown) => {
  expect(neutralize(text)).toBe(shown);
});

test.each(["plain", "データ", "🚀 née", "👩‍💻", "می‌خواهم"])("%s is left as it is", (text) => {
  expect(neutralize(text)).toBe(text);
});

test("whatever the text, nothing hazardous is left of it, and it takes one pass", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const shown = neutralize(text);
      expect(isHazardous(shown)).toBe(false);
      expect(shown.isWellFormed()).toBe(true);
      expect(neutralize(shown)).toBe(shown);
    }),
  );
});

test("JSON text keeps its value and loses what a terminal would act on", () => {
  fc.assert(
    fc.property(fc.dictionary(anyText, anyText), (value) => {
      const text = escapeInQuotes(JSON.stringify(value, undefined, 2));
      expect(JSON.parse(text)).toEqual(value);
      expect(isHazardous(text.replaceAll("\n", ""))).toBe(false);
    }),
  );
});
