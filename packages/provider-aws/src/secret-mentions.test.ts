import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mentionsSecret } from "./secret-mentions.ts";

const secret = 'wJalrXUtn/FEMI+K7MD"ENG';

describe("a mention of a secret", () => {
  it.each([
    ["as it is", secret],
    ["in another case", secret.toUpperCase()],
    ["as JSON", JSON.stringify({ secret })],
    ["percent-encoded", encodeURIComponent(secret)],
    ["in hexadecimal", Buffer.from(secret).toString("hex").toUpperCase()],
  ])("is found %s", (_how, text) => {
    expect(mentionsSecret(`before ${text} after`, ["another-secret", secret])).toBe(true);
  });

  it("is found within longer base64, wherever it stands in it", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (before, after) => {
        const bytes = Buffer.from(before + secret + after);
        expect(mentionsSecret(bytes.toString("base64"), [secret])).toBe(true);
        expect(mentionsSecret(bytes.toString("base64url"), [secret])).toBe(true);
      }),
    );
  });

  it("is not found where there is none, nor of what is too short to tell", () => {
    expect(mentionsSecret("AWS was not able to validate the provided access credentials", [secret])).toBe(false);
    expect(mentionsSecret("a text with a", ["a", ""])).toBe(false);
  });
});
