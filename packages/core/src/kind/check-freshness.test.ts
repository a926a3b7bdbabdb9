import { describe, expect, it } from "vitest";
import { CloudLinkError } from "../error/cloudlink-error.ts";
import type { FreshnessAdvice } from "../freshness.ts";
import { defineKind } from "./kind.ts";

function define(freshness: FreshnessAdvice) {
  return defineKind<{ readonly state: string }>()({
    name: "storage.Bucket",
    major: 1,
    minor: 0,
    description: "A bucket.",
    views: ["standard"],
    defaultView: "standard",
    filters: ["state"],
    actions: {},
    columns: { table: [], wide: [] },
    loadSchema: () => Promise.reject(new Error("none")),
    freshness,
  });
}

const rule = { path: "state", words: ["stopping"], maxAgeMs: 1 };

describe("the freshness that a kind advises", () => {
  it.each<FreshnessAdvice>([
    { maxAgeMs: 0 },
    { maxAgeMs: Number.POSITIVE_INFINITY },
    { maxAgeMs: 0.5, staleWhileRevalidateMs: 0, staleIfErrorMs: 7, listMaxAgeMs: 9, rules: [] },
    { maxAgeMs: 1, rules: [rule, { ...rule, words: ["a", "b"], staleIfErrorMs: 3 }] },
  ])("may be %j, and is frozen with the kind", (freshness) => {
    const kind = define(freshness);
    expect(kind.freshness).toEqual(freshness);
    expect([kind.freshness, ...(kind.freshness?.rules ?? [])].every(Object.isFrozen)).toBe(true);
  });

  const noAge = [-1, Number.NaN, "5", null];
  const ages = noAge.flatMap((wrong) => [
    { maxAgeMs: wrong },
    { maxAgeMs: 1, staleWhileRevalidateMs: wrong },
    { maxAgeMs: 1, staleIfErrorMs: wrong },
    { maxAgeMs: 1, listMaxAgeMs: wrong },
    { maxAgeMs: 1, rules: [{ ...rule, maxAgeMs: wrong }] },
    { maxAgeMs: 1, rules: [rule, { ...rule, staleIfErrorMs: wrong }] },
  ]);
  const rules = [
    { ...rule, path: "" },
    { ...rule, path: undefined },
    { ...rule, words: [] },
    { ...rule, words: "stopping" },
    { ...rule, words: undefined },
    { ...rule, maxAgeMs: undefined },
  ].map((wrong) => ({ maxAgeMs: 1, rules: [wrong] }));

  it.each([{}, ...ages, ...rules])("is refused as %j, and the error names the kind", (wrong) => {
    const refused = () => define(wrong as unknown as FreshnessAdvice);
    expect(refused).toThrow(CloudLinkError);
    expect(refused).toThrow("storage.Bucket");
  });
});
