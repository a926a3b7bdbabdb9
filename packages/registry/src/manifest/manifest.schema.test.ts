import { readFile } from "node:fs/promises";
import { isKindName, isProviderName } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manifestJsonSchema } from "./manifest.schema.ts";

describe("plugin.schema.json", () => {
  it("is the schema of this code; if not, run the script `schema` of this package", async () => {
    const published = await readFile(new URL("../../plugin.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(manifestJsonSchema());
  });

  it("has for names the forms that core has, and so the parser", () => {
    const { properties } = manifestJsonSchema() as {
      readonly properties: {
        readonly name: { readonly pattern: string };
        readonly kinds: { readonly items: { readonly properties: { readonly kind: { readonly pattern: string } } } };
      };
    };
    const name = new RegExp(properties.name.pattern, "u");
    const kind = new RegExp(properties.kinds.items.properties.kind.pattern, "u");
    const near = (form: RegExp) => fc.oneof(fc.stringMatching(form), fc.string({ unit: "binary" }), fc.string());
    const changed = (form: RegExp) =>
      fc.tuple(near(form), fc.nat(70), fc.string({ maxLength: 2 })).map(([text, at, added]) => {
        return text.slice(0, at) + added + text.slice(at);
      });
    fc.assert(fc.property(changed(name), (text) => void expect(name.test(text)).toBe(isProviderName(text))));
    fc.assert(fc.property(changed(kind), (text) => void expect(kind.test(text)).toBe(isKindName(text))));
    for (const length of [63, 64]) expect(name.test("a".repeat(length))).toBe(isProviderName("a".repeat(length)));
    for (const length of [31, 32, 63, 64]) {
      for (const text of [`${"a".repeat(length)}.A`, `a.${"A".repeat(length)}`])
        expect(kind.test(text)).toBe(isKindName(text));
    }
  });

  it("has patterns that compile with the u flag, as JSON Schema asks", () => {
    const patterns: string[] = [];
    JSON.stringify(manifestJsonSchema(), (key, value) => {
      if (key === "pattern") patterns.push(value);
      return value;
    });
    expect(patterns.length).toBeGreaterThan(5);
    for (const pattern of patterns) expect(() => new RegExp(pattern, "u")).not.toThrow();
  });
});
