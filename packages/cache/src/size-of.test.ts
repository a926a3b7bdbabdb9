import { describe, expect, it } from "vitest";
import { sizeOf } from "./size-of.ts";

describe("sizeOf", () => {
  it("grows with every part, however deep it lies", () => {
    const sizes = [{}, { a: 1 }, { a: "text" }, { a: "longer text" }, { a: { b: "longer text" } }].map(sizeOf);
    expect(sizes).toEqual([...sizes].sort((left, right) => left - right));
    expect(new Set(sizes).size).toBe(sizes.length);
  });

  it("counts the characters of texts, and the bytes of buffers", () => {
    expect(sizeOf("x".repeat(1_000)) - sizeOf("")).toBe(1_000);
    expect(sizeOf({ body: new Uint8Array(1_000) })).toBeGreaterThan(1_000);
    expect(sizeOf(["x".repeat(1_000)])).toBeGreaterThan(1_000);
  });

  it.each([undefined, null, 7, true, 7n])("takes %s for what it is", (value) => {
    expect(sizeOf(value)).toBeLessThan(100);
  });

  it("counts a deep value without going deep itself, and one that goes on for ever to an end", () => {
    let deep: object = {};
    for (let depth = 0; depth < 50_000; depth += 1) deep = { deep };
    expect(sizeOf(deep)).toBeGreaterThan(50_000);
    const round: { self?: object } = {};
    round.self = round;
    expect(sizeOf(round)).toBe(Number.POSITIVE_INFINITY);
    expect(sizeOf(Array.from({ length: 100_001 }, () => ({})))).toBe(Number.POSITIVE_INFINITY);
  });
});
