import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freezeDeep } from "./freeze.ts";

function mutableParts(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return (
    Number(!Object.isFrozen(value)) + Object.values(value).reduce((sum: number, child) => sum + mutableParts(child), 0)
  );
}

describe("freezeDeep", () => {
  it("Meaning 11: freezes a value and all that it holds, and gives the same object back", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const before = JSON.stringify(json);
        expect(freezeDeep(json)).toBe(json);
        expect(mutableParts(json)).toBe(0);
        expect(JSON.stringify(json)).toBe(before);
      }),
    );
  });

  it("freezes below what was frozen already, which may hold what is not", () => {
    const inner = { list: [1] };
    freezeDeep({ outer: Object.freeze({ inner }) });
    expect([Object.isFrozen(inner), Object.isFrozen(inner.list)]).toEqual([true, true]);
    const root = Object.freeze({ child: { leaf: {} } });
    freezeDeep(root);
    expect(mutableParts(root)).toBe(0);
  });

  it("ends on cycles and on values that share a part", () => {
    const shared = { s: 1 };
    const value: { self?: unknown; a: unknown; b: unknown } = { a: shared, b: [shared] };
    value.self = value;
    Object.freeze(shared);
    expect(freezeDeep(value)).toBe(value);
    expect([value, value.b].every(Object.isFrozen)).toBe(true);
  });

  it("takes any depth that JSON can have", () => {
    let value: unknown = "bottom";
    for (let depth = 0; depth < 200_000; depth++) value = [value];
    expect(Object.isFrozen(freezeDeep(value))).toBe(true);
  });

  it("takes bytes, dates and maps inside without failing", () => {
    const value = freezeDeep({
      bytes: new Uint8Array(2),
      view: new DataView(new ArrayBuffer(1)),
      at: new Date(0),
      map: new Map(),
    });
    expect(Object.isFrozen(value)).toBe(true);
    expect(value.at.getTime()).toBe(0);
  });

  it("leaves primitives, functions and prototypes alone", () => {
    for (const value of [1, "a", null, undefined, true]) expect(freezeDeep(value)).toBe(value);
    const prototype = { inherited: {} };
    freezeDeep(Object.create(prototype));
    expect([prototype, prototype.inherited].some(Object.isFrozen)).toBe(false);
  });
});
