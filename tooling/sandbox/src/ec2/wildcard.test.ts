import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileWildcard } from "./wildcard.ts";

/** The rules once more, as the definition says them: exponential, and only for short texts. */
function matches(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  const rest = pattern.slice(1);
  if (pattern.startsWith("*")) return matches(rest, text) || (text !== "" && matches(pattern, text.slice(1)));
  if (pattern.startsWith("?")) return matches(rest, text) || (text !== "" && matches(rest, text.slice(1)));
  if (pattern.startsWith("\\") && pattern.length > 1)
    return text[0] === pattern[1] && matches(pattern.slice(2), text.slice(1));
  return text !== "" && text[0] === pattern[0] && matches(rest, text.slice(1));
}

const shortText = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\\"), maxLength: 7 });

describe("compileWildcard", () => {
  it("agrees with EC2's written rules for every pattern and text", () => {
    fc.assert(
      fc.property(shortText, shortText, (pattern, text) => {
        expect(compileWildcard(pattern)(text)).toBe(matches(pattern, text));
      }),
      { numRuns: 3000 },
    );
  });

  it("takes a question mark as zero or one character, as EC2's user guide does", () => {
    const isProd = compileWildcard("prod?");
    expect(["prod", "prods", "production"].map(isProd)).toEqual([true, true, false]);
  });

  it("finds the user guide's own example of escapes", () => {
    expect(compileWildcard("\\*amazon\\?\\\\")("*amazon?\\")).toBe(true);
  });

  it("counts a character beyond the BMP as one", () => {
    expect(compileWildcard("a?b")("a🚀b")).toBe(true);
  });

  it("stays linear where a backtracking matcher would not end", () => {
    expect(compileWildcard(`${"*a".repeat(100)}b`)("a".repeat(255))).toBe(false);
  });
});
