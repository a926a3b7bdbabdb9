import type { AnswerForm } from "@cloudlink/client/wire";
import { describe, expect, test } from "vitest";
import { entityTagOf, isNamedBy } from "./entity-tag.ts";

const answer: AnswerForm = {
  ref: "fake/-/home/north/compute.VirtualMachine/i-1",
  view: "standard",
  value: { id: "i-1", tags: { b: "2", a: "1" }, addresses: ["x", "y"] },
  freshness: { source: "live", observedAt: "2026-11-23T18:52:21.125Z", ageMs: 3, refreshing: false },
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  stats: { vendorCalls: 1, savedCalls: 0, retries: 0, durationMs: 2.5 },
};

describe("an entity tag", () => {
  test("is the same for the same state, in this process and any other", () => {
    const again: AnswerForm = {
      ...answer,
      value: { addresses: ["x", "y"], tags: { a: "1", b: "2" }, id: "i-1" },
      nativeId: "arn:1",
      freshness: { source: "memory", observedAt: "2026-11-23T18:52:29.000Z", ageMs: 9, refreshing: true },
      traceId: "0".repeat(32),
      stats: { vendorCalls: 0, savedCalls: 1, retries: 0, durationMs: 0 },
    };
    expect(entityTagOf(again)).toBe(entityTagOf(answer));
    // What replicas of one version agree on: a change of it has every client fetch everything once more.
    expect(entityTagOf(answer)).toBe('W/"LCs0gXAg1rhN5SDJwOiN5qPFJpXq9yG8yDL7TbcwcMY"');
  });

  test.each<[string, Partial<AnswerForm>]>([
    ["another resource", { ref: answer.ref.replace("i-1", "i-2") }],
    ["another view", { view: "health" }],
    ["another value", { value: { ...answer.value, id: "i-2" } }],
    ["a list in another order", { value: { ...answer.value, addresses: ["y", "x"] } }],
    ["a field more", { value: { ...answer.value, more: null } }],
    ["a field that is a prototype's", { value: JSON.parse('{"__proto__":1}') }],
    ["a native body", { native: null }],
  ])("is another for %s", (_, other) => {
    expect(entityTagOf({ ...answer, ...other })).not.toBe(entityTagOf(answer));
  });
});

describe("If-None-Match", () => {
  const tag = 'W/"abc_-9"';

  test.each([tag, '"abc_-9"', `"x", ${tag}`, `W/"a,b" ,W/"abc_-9","y"`, "*", " * "])("names the tag: %s", (header) => {
    expect(isNamedBy(header, tag)).toBe(true);
  });

  test.each([undefined, "", "abc_-9", '"abc"', '"abc_-9', 'W/"ABC_-9"', '"*"', '"x, W/abc_-9"'])(
    "does not: %s",
    (header) => {
      expect(isNamedBy(header, tag)).toBe(false);
    },
  );
});
