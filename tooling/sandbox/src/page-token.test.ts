import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPageTokens } from "./page-token.ts";
import { createManualClock } from "./test-support.ts";

const binding = { action: "DescribeInstances", account: "111111111111", region: "us-east-1", question: "[]" };

describe("page tokens", () => {
  it("give back what was put in, to the same question", () => {
    const tokens = createPageTokens({ clock: createManualClock(), ttlMs: 1000 });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (after) => {
        expect(tokens.read(binding, tokens.issue(binding, after))).toEqual({ after });
      }),
    );
  });

  it.each(["action", "account", "region", "question"] as const)("are foreign to another %s", (field) => {
    const tokens = createPageTokens({ clock: createManualClock(), ttlMs: 1000 });
    const token = tokens.issue(binding, "here");
    expect(tokens.read({ ...binding, [field]: "other" }, token)).toEqual({ refused: "foreign" });
  });

  it("are foreign to another sandbox", () => {
    const clock = createManualClock();
    const token = createPageTokens({ clock, ttlMs: 1000 }).issue(binding, "here");
    expect(createPageTokens({ clock, ttlMs: 1000 }).read(binding, token)).toEqual({ refused: "foreign" });
  });

  it("are refused with any one character changed", () => {
    const tokens = createPageTokens({ clock: createManualClock(), ttlMs: 1000 });
    const token = tokens.issue(binding, "here");
    fc.assert(
      // The last character carries two bits that no byte uses, so changing it may change nothing.
      fc.property(fc.nat({ max: token.length - 2 }), fc.constantFrom("A", "b", "0", "."), (index, character) => {
        fc.pre(token[index] !== character);
        expect(tokens.read(binding, token.slice(0, index) + character + token.slice(index + 1))).toHaveProperty(
          "refused",
        );
      }),
    );
  });

  it("expire on the sandbox's clock", () => {
    const clock = createManualClock();
    const tokens = createPageTokens({ clock, ttlMs: 1000 });
    const token = tokens.issue(binding, "here");
    clock.advance(999);
    expect(tokens.read(binding, token)).toEqual({ after: "here" });
    clock.advance(1);
    expect(tokens.read(binding, token)).toEqual({ refused: "expired" });
  });
});
