import { describe, expect, it } from "vitest";
import type { FreshnessAdvice } from "../freshness.ts";
import { boundsFor } from "./freshness-bounds.ts";

const advice: FreshnessAdvice = {
  maxAgeMs: 30_000,
  staleIfErrorMs: 60_000,
  rules: [
    { path: "state", words: ["stopping", "starting"], maxAgeMs: 2_000 },
    { path: "health.state", words: ["impaired"], maxAgeMs: 5_000, staleWhileRevalidateMs: 1_000 },
    { path: "state", words: ["starting", "deleted"], maxAgeMs: 1_000 },
  ],
};
const [busy, impaired, deleted] = advice.rules ?? [];

describe("what is good enough for a caller who does not say", () => {
  it("is live where nobody advises anything", () => {
    expect(boundsFor(undefined, { state: "running" })).toEqual({ maxAgeMs: 0 });
  });

  it("is the advice for a resource that no rule fits", () => {
    for (const value of [{ state: "running" }, {}, { state: 7 }, { state: null }, undefined, null, "stopping"]) {
      expect(boundsFor(advice, value)).toBe(advice);
    }
    const plain = { maxAgeMs: 5 };
    expect(boundsFor(plain, { state: "stopping" })).toBe(plain);
  });

  it("is the first rule that fits in place of all the rest, its bounds alone", () => {
    expect(boundsFor(advice, { state: "stopping" })).toBe(busy);
    expect(boundsFor(advice, { state: "starting", health: { state: "impaired" } })).toBe(busy);
    expect(boundsFor(advice, { state: "deleted" })).toBe(deleted);
    expect(boundsFor(advice, { state: "stopping" }).staleIfErrorMs).toBeUndefined();
  });

  it("goes by a field that lies deeper, and by no other of that name", () => {
    expect(boundsFor(advice, { state: "running", health: { state: "impaired" } })).toBe(impaired);
    expect(boundsFor(advice, { "health.state": "impaired", health: "impaired" })).toBe(advice);
  });

  it("goes by whole words, and by what the value has itself", () => {
    expect(boundsFor(advice, { state: "stop" })).toBe(advice);
    expect(boundsFor(advice, { state: ["stopping"] })).toBe(advice);
    expect(boundsFor(advice, Object.create({ state: "stopping" }))).toBe(advice);
  });

  it("is the same object for resources in the same state", () => {
    expect(boundsFor(undefined, { state: "a" })).toBe(boundsFor(undefined, { state: "b" }));
    expect(boundsFor(advice, { state: "stopping" })).toBe(boundsFor(advice, { state: "stopping" }));
  });
});
