import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { CloudLinkError } from "./error/cloudlink-error.ts";
import type { CachePlace } from "./ports/cache.ts";
import { createScope, type Scope, type ScopeKey, type ScopeParts } from "./scope.ts";

const parts: ScopeParts = {
  tenant: "acme",
  provider: "aws",
  partition: "aws",
  account: "123456789012",
  role: "reader",
  region: "eu-west-1",
};

// Few characters, and among them every one that an encoding could trip over: what collides is found.
const part = fc
  .string({
    unit: fc.constantFrom("a", "/", "%", "2", "F", ":", "|", "\u0000", " ", "é", "e\u0301", "\u{1f600}", "-"),
    minLength: 1,
    maxLength: 4,
  })
  .filter((text) => text !== "");
const anyParts = fc.record({ tenant: part, provider: part, partition: part, account: part, role: part, region: part });

describe("Scope", () => {
  it("Meaning 1: keys are injective: the same key if and only if every part is the same", () => {
    fc.assert(
      fc.property(anyParts, anyParts, (one, other) => {
        const same = (Object.keys(one) as (keyof ScopeParts)[]).every((name) => one[name] === other[name]);
        expect(createScope(one).key === createScope(other).key).toBe(same);
      }),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(
        anyParts,
        fc.constantFrom(...(Object.keys(parts) as (keyof ScopeParts)[])),
        part,
        (one, name, text) => {
          const other = { ...one, [name]: text };
          expect(createScope(one).key === createScope(other).key).toBe(one[name] === text);
        },
      ),
      { numRuns: 1_000 },
    );
    // Text that moves over a delimiter, from one part to the next.
    expect(createScope({ ...parts, tenant: "a/b", provider: "c" }).key).not.toBe(
      createScope({ ...parts, tenant: "a", provider: "b/c" }).key,
    );
  });

  it("Meaning 1: scopes are opaque: no other string is taken for a key, and no plain object for a scope", () => {
    const scope = createScope(parts);
    expectTypeOf(scope).toEqualTypeOf<Scope>();
    expectTypeOf<ScopeParts & { key: string }>().not.toExtend<Scope>();
    expectTypeOf<string>().not.toExtend<ScopeKey>();
    expectTypeOf<CachePlace["scope"]>().toEqualTypeOf<Scope>();
    expect(Object.isFrozen(scope)).toBe(true);
    expect(scope).toMatchObject(parts);
  });

  it("Meaning 1: a narrow role and a broad one are different scopes", () => {
    expect(createScope(parts).key).not.toBe(createScope({ ...parts, role: "admin" }).key);
  });

  it.each([
    ["empty", ""],
    ["half a surrogate pair", "\ud800"],
    ["over 2,048 characters", "x".repeat(2_049)],
    ["missing", undefined],
  ])("refuses a part that is %s, by name", (_case, text) => {
    for (const name of Object.keys(parts)) {
      const make = () => createScope({ ...parts, [name]: text } as ScopeParts);
      expect(make).toThrow(CloudLinkError);
      expect(make).toThrow(`The ${name} of a scope`);
    }
  });
});
