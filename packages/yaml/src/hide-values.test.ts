import { describe, expect, it } from "vitest";
import { hideValues } from "./hide-values.ts";

describe("hideValues", () => {
  it("takes every value out of a message, at any depth and however often, and the longest first", () => {
    const value = { a: ["hunter22", { b: "hunter22-longer" }], c: 123456 };
    expect(hideValues({ message: "hunter22 hunter22-longer 123456", value })).toBe("[redacted] [redacted] [redacted]");
  });

  it("ends for a value that holds itself, and leaves words of the message", () => {
    const value: Record<string, unknown> = { word: "is" };
    value.self = value;
    expect(hideValues({ message: "it is", value })).toBe("it is");
  });
});
