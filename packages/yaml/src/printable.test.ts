import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable } from "./printable.ts";

describe("printable", () => {
  it("spells out what a terminal would obey or hide", () => {
    expect(printable("a\u001b[31mb\u202ec\n\ud800")).toBe("a\\u{1b}[31mb\\u{202e}c\\u{a}\\u{d800}");
  });

  it("is one line of well-formed text, and not much longer than what it may show", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 1_500, size: "max" }), (text) => {
        const shown = printable(text);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(shown.length).toBeLessThanOrEqual(1_000 * "\\u{10ffff}".length + 1);
      }),
    );
  });
});
