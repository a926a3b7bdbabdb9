import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quote } from "./quote.ts";

describe("quote", () => {
  it("shows a caller's text on one line, cut, well-formed and without control characters, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string({ minLength: 100, maxLength: 400 })), (text) => {
        const shown = quote(`${text}\u001b[2J\r\n\ud800`);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(shown.length).toBeLessThanOrEqual(123);
      }),
    );
  });

  it("names the type of what is no text", () => {
    expect([quote("a"), quote(undefined), quote(null), quote({})]).toEqual([
      '"a"',
      "(undefined)",
      "(null)",
      "(object)",
    ]);
  });
});
