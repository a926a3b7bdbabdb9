import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPageTokens } from "./page-token.ts";

const binding = { tenant: "acme", request: "[]" };

describe("a page token", () => {
  it("carries any position, and only to where it was made for", () => {
    const position = fc.dictionary(fc.string(), fc.option(fc.string()));
    const place = fc.record({ tenant: fc.string(), request: fc.string() });
    fc.assert(
      fc.property(position, place, place, (made, here, elsewhere) => {
        const tokens = createPageTokens(randomBytes(32));
        const token = tokens.issue(made, here);
        expect(Object.entries(tokens.read(token, here))).toEqual(Object.entries(made));
        if (here.tenant === elsewhere.tenant && here.request === elsewhere.request) return;
        expect(() => tokens.read(token, elsewhere)).toThrow("page token");
      }),
    );
  });

  it("writes no prototype", () => {
    const tokens = createPageTokens(randomBytes(32));
    const made = JSON.parse('{"__proto__":"1","constructor":null}') as Record<string, string | null>;
    const read = tokens.read(tokens.issue(made, binding), binding);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.entries(read)).toEqual([
      ["__proto__", "1"],
      ["constructor", null],
    ]);
  });

  it("cannot be altered in any of its characters", () => {
    const tokens = createPageTokens(randomBytes(32));
    const token = tokens.issue({ "acme/aws/aws/1/reader/eu-west-1": "next" }, binding);
    for (let index = 0; index < token.length; index += 1) {
      for (const other of ["A", "B"]) {
        const altered = `${token.slice(0, index)}${other}${token.slice(index + 1)}`;
        if (altered !== token) expect(() => tokens.read(altered, binding)).toThrow("page token");
      }
    }
  });

  it("of a list over two thousand parts stays under 60 KB", () => {
    const account = (index: number) => String((index * 7_919 + 123_456_789_012) % 1_000_000_000_000).padStart(12, "0");
    const parts = Array.from({ length: 1_000 }, (_, index) => account(index)).flatMap((id) =>
      ["eu-west-1", "us-east-1"].map((region) => [`acme/aws/aws/${id}/reader/${region}`, null] as const),
    );
    expect(createPageTokens(randomBytes(32)).issue(Object.fromEntries(parts), binding).length).toBeLessThan(60_000);
  });
});
