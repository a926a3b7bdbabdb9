import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { REDACTED, redactNative } from "./redact.ts";

const CANARY = "canary-3f9a";

/** A JSON value with the canary somewhere in it, and the path to it. */
function planted(): fc.Arbitrary<{ value: unknown; path: string[] }> {
  const name = fc.oneof(fc.constantFrom("__proto__", "constructor", "a.b", "*", "0", "adminPassword", ""), fc.string());
  const step = fc.oneof(
    fc.record({ name, beside: fc.dictionary(name, fc.jsonValue()) }),
    fc.record({ before: fc.array(fc.jsonValue(), { maxLength: 3 }) }),
  );
  return fc.array(step, { minLength: 1, maxLength: 6 }).map((steps) => {
    let value: unknown = CANARY;
    const path: string[] = [];
    for (const made of steps) {
      if ("before" in made) {
        path.unshift(String(made.before.length));
        value = [...made.before, value];
      } else {
        path.unshift(made.name);
        value = Object.fromEntries([...Object.entries(made.beside), [made.name, value]]);
      }
    }
    return { value, path };
  });
}

describe("redactNative", () => {
  it("Meaning 11: never lets a declared path through, whatever the body and its names are", () => {
    fc.assert(
      fc.property(planted(), fc.array(fc.boolean()), fc.boolean(), ({ value, path }, stars, upper) => {
        const declared = path.map((name, index) => (stars[index] ? "*" : name)).join(".");
        const redacted = redactNative(value, ["unrelated.path", upper ? declared.toUpperCase() : declared]);
        expect(JSON.stringify(redacted)).not.toContain(CANARY);
      }),
      { numRuns: 2_000 },
    );
  });

  it("Meaning 11: finds a path through arrays that it does not name, as decoders make one element an object", () => {
    fc.assert(
      fc.property(planted(), ({ value, path }) => {
        // Every array index left out of the path, so far as it is one.
        let current: unknown = value;
        const named: string[] = [];
        for (const name of path) {
          if (!Array.isArray(current)) named.push(name);
          current = (current as Record<string, unknown>)[name];
        }
        if (named.length === 0) return;
        expect(JSON.stringify(redactNative(value, [named.join(".")]))).not.toContain(CANARY);
      }),
    );
    const password = { password: CANARY };
    for (const item of [password, [password], [[password]]]) {
      expect(JSON.stringify(redactNative({ set: { item } }, ["set.item.password"]))).not.toContain(CANARY);
    }
  });

  it("puts the mark in place of the value and keeps the rest", () => {
    const body = {
      id: "vm",
      properties: { osProfile: { adminPassword: CANARY, adminUsername: "me" } },
      tags: { a: "1" },
    };
    expect(redactNative(body, ["properties.osprofile.adminpassword"])).toEqual({
      id: "vm",
      properties: { osProfile: { adminPassword: REDACTED, adminUsername: "me" } },
      tags: { a: "1" },
    });
    expect(body.properties.osProfile.adminPassword).toBe(CANARY);
  });

  it("redacts a whole object or list at a path, and every property by a star", () => {
    expect(redactNative({ a: { b: [1, { c: 2 }] } }, ["a.b"])).toEqual({ a: { b: REDACTED } });
    expect(
      redactNative(
        {
          users: [
            { key: 1, n: 1 },
            { key: 2, n: 2 },
          ],
        },
        ["users.*.key"],
      ),
    ).toEqual({
      users: [
        { key: REDACTED, n: 1 },
        { key: REDACTED, n: 2 },
      ],
    });
    expect(redactNative({ a: 1, b: { c: 2 } }, ["*"])).toEqual({ a: REDACTED, b: REDACTED });
  });

  it("keeps own properties called __proto__ what they are, and pollutes nothing", () => {
    const body = JSON.parse('{"__proto__":{"secret":"s","polluted":true},"keep":1}');
    const redacted = redactNative(body, ["__proto__.secret"]);
    expect(JSON.stringify(redacted)).toBe('{"__proto__":{"secret":"[redacted]","polluted":true},"keep":1}');
    expect(Object.getPrototypeOf(redacted)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("keeps dates, bytes and what no path leads to as they are", () => {
    const body = { at: new Date(0), bytes: new Uint8Array([1]), other: { x: 1 } };
    const redacted = redactNative(body, ["at.x", "bytes.y", "other.z"]) as typeof body;
    expect(redacted.at).toBe(body.at);
    expect(redacted.bytes).toBe(body.bytes);
    expect(redactNative(body, [])).toBe(body);
    expect(redactNative("text", ["a"])).toBe("text");
  });

  it("does work in proportion to the body, though stars in nested arrays match in many ways", () => {
    let value: unknown = { password: CANARY };
    for (let depth = 0; depth < 30; depth++) value = [value];
    const compared = vi.spyOn(String.prototype, "startsWith");
    redactNative(value, ["*.*.*.*.password"]);
    const { length } = compared.mock.calls;
    compared.mockRestore();
    expect(length).toBeGreaterThan(30);
    expect(length).toBeLessThan(30 * 5 * 2 * 2);
  });

  it("redacts unread what lies deeper than any body does", () => {
    let value: unknown = { password: CANARY };
    for (let depth = 0; depth < 100_000; depth++) value = [value];
    expect(JSON.stringify(redactNative(value, ["password"]))).not.toContain(CANARY);
  });
});
