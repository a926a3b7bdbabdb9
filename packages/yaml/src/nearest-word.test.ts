import { describe, expect, it } from "vitest";
import { nearestWord } from "./nearest-word.ts";

const words = ["name", "version", "displayName", "runtime", "kinds"];

describe("nearestWord", () => {
  it.each([
    ["nmae", "name"],
    ["versoin", "version"],
    ["display_name", "displayName"],
    ["DISPLAYNAME", "displayName"],
    ["kind", "kinds"],
  ])("takes %s for %s", (written, meant) => {
    expect(nearestWord(written, words)).toBe(meant);
  });

  it("finds nothing near what is far, and looks at no long word", () => {
    expect(nearestWord("zzz", words)).toBeUndefined();
    expect(nearestWord("n".repeat(65), ["n".repeat(65)])).toBeUndefined();
    expect(nearestWord("name", [])).toBeUndefined();
  });
});
