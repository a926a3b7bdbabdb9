import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leaksOf, textsOfError } from "./secret-search.ts";

const secret = 's3cr3t/+key=with%odd"chars';

describe("the search for secrets", () => {
  test.each([
    ["plain", (text: string) => text],
    ["hexadecimal", (text: string) => Buffer.from(text).toString("hex").toUpperCase()],
    ["percent-encoded", (text: string) => encodeURIComponent(text).toLowerCase()],
    ["base64", (text: string) => Buffer.from(text).toString("base64")],
    ["base64", (text: string) => Buffer.from(text).toString("base64url")],
    ["escaped", (text: string) => JSON.stringify({ text })],
  ])("finds a secret that is %s", (form, written) => {
    expect(leaksOf(secret, [`before ${written(secret)} after`])).toContain(form);
  });

  test("finds it within longer base64, wherever it stands in it", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (before, after) => {
        const encoded = Buffer.from(`${before}${secret}${after}`).toString("base64");
        expect(leaksOf(secret, [encoded])).toContain("base64");
      }),
    );
  });

  test("finds it in the cause of the cause of an error, and in what hangs on that", () => {
    const request = { headers: new Map([["authorization", secret]]) };
    const error = new Error("outer", {
      cause: new Error("inner", { cause: Object.assign(new Error("root"), { request }) }),
    });
    expect(leaksOf(secret, textsOfError(error))).not.toEqual([]);
  });

  test("finds nothing where there is nothing, and does not look for what is too short to tell", () => {
    expect(leaksOf(secret, textsOfError(new Error("all is well")))).toEqual([]);
    expect(leaksOf("a", ["aaa"])).toEqual([]);
  });
});
