import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HttpRefusal } from "./http-refusal.ts";
import { parseJsonBody } from "./json-body.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function hasProto(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasProto);
}

describe("parseJsonBody", () => {
  test("reads whatever JSON.stringify writes, with any whitespace", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
        fc.pre(!hasProto(value));
        const text = JSON.stringify(value, null, indent);
        expect(parseJsonBody(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test("refuses a key that is there twice, however deep it is and however it is escaped", () => {
    const escaped = (key: string) =>
      [...key].map((_, at) => `\\u${key.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.jsonValue({ maxDepth: 2 }),
        fc.integer({ min: 0, max: 5 }),
        (key, value, depth) => {
          fc.pre(!hasProto(value));
          const twice = `{${JSON.stringify(key)}:${JSON.stringify(value)},"${escaped(key)}" : 1}`;
          const text = `${'[{"a":'.repeat(depth)}${twice}${"}]".repeat(depth)}`;
          expect(() => parseJsonBody(bytes(text))).toThrow(HttpRefusal);
        },
      ),
    );
  });

  test("takes the same key in two objects, and texts that look like keys", () => {
    const text = '{"a":{"a":"a"},"b":[{"a":1},{"a":2}],"c":"a\\":","d":["a","a"]}';
    expect(parseJsonBody(bytes(text))).toEqual(JSON.parse(text));
  });

  test("refuses strings that do not end, however many quotes are in them, in a time that is linear in their length", () => {
    for (const text of ['"a\\'.repeat(1_000_000), '"\\\n'.repeat(1_000_000), `${'"\\"'.repeat(1_000_000)}\\`]) {
      expect(() => parseJsonBody(bytes(text))).toThrow(HttpRefusal);
    }
  });

  test("refuses what is nested deeper than any request, before it is parsed", () => {
    expect(() => parseJsonBody(bytes("[".repeat(2_000_000)))).toThrow(/nested/);
    expect(parseJsonBody(bytes(`${"[".repeat(30)}${"]".repeat(30)}`))).toBeInstanceOf(Array);
  });

  test("refuses bytes that are no UTF-8, a byte order mark, and nothing at all", () => {
    for (const body of [Uint8Array.of(0x22, 0xff, 0x22), Uint8Array.of(0xef, 0xbb, 0xbf, 0x31), new Uint8Array()]) {
      expect(() => parseJsonBody(body)).toThrow(HttpRefusal);
    }
  });

  test("never says what was in the body, but the key", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        try {
          parseJsonBody(body);
        } catch (error) {
          if (!(error instanceof HttpRefusal)) throw error;
          expect(error.error.rawMessage).toMatch(
            /^The body (is not JSON|is not UTF-8|has the key ".*", (twice|which))/s,
          );
        }
      }),
    );
  });
});
