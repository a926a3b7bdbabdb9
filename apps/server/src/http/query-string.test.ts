import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseQuery } from "./query-string.ts";

describe("parseQuery", () => {
  test("reads what URLSearchParams writes", () => {
    const pair = fc.tuple(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.array(pair), (pairs) => {
        const expected = Object.fromEntries(
          [...Map.groupBy(pairs, ([name]) => name)].map(([name, all]) => {
            const values = all.map(([, value]) => value);
            return [name, values.length === 1 ? values[0] : values];
          }),
        );
        expect(parseQuery(new URLSearchParams(pairs).toString())).toEqual({ parameters: expected });
      }),
    );
  });

  test("refuses what is not percent-encoded UTF-8, and never throws", () => {
    for (const text of ["a=%", "%=a", "a=%c3%28", "a=%ed%a0%80", "a=%80", "&a=%zz"]) {
      expect(parseQuery(text)).toMatchObject({ refusal: { status: 400 } });
    }
    fc.assert(fc.property(fc.string({ unit: "binary-ascii" }), (text) => void parseQuery(text)));
  });

  test("has no prototype's names but those that were given", () => {
    const parsed = parseQuery("__proto__=1&constructor=2");
    if (!("parameters" in parsed)) throw new Error("it was refused");
    expect(Object.keys(parsed.parameters)).toEqual(["__proto__", "constructor"]);
    expect(parseQuery("")).toEqual({ parameters: {} });
  });
});
