import fc from "fast-check";
import { expect, it } from "vitest";
import { redisKey } from "./redis-key.ts";

it("a key says what is kept, in which version of its form, and keeps what it names in one slot", () => {
  expect(redisKey("thing:1", { prefix: undefined, parts: ["acme", "a{b}:c d/é"] })).toBe(
    "cloudlink:thing:1:{acme:a%7Bb%7D%3Ac%20d%2F%C3%A9}",
  );
});

it("two names never make one key, and each makes one hash tag, whatever is in them", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom("\ud800", "\udc00", "%", "u", "d", "8", "0", ":", "{", "}") }),
  );
  const names = fc.uniqueArray(fc.tuple(text, text), { selector: (name) => JSON.stringify(name) });
  fc.assert(
    fc.property(names, (all) => {
      const keys = all.map((parts) => redisKey("thing:1", { prefix: "p", parts }));
      expect(new Set(keys).size).toBe(all.length);
      for (const key of keys) expect(key).toMatch(/^p:thing:1:\{[^{}:]*:[^{}:]*\}$/);
    }),
  );
});
