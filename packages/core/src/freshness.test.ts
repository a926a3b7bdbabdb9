import { describe, expectTypeOf, it } from "vitest";
import type { Answer, ResourceState } from "./answer.ts";
import type { AnswerSource, Freshness } from "./freshness.ts";
import type { CacheRead } from "./ports/cache.ts";
import type { Observation } from "./provider/v1alpha1/provider.ts";

describe("freshness", () => {
  it("Meaning 3: observedAt is a number on every observation and every answer, and no one may leave it out", () => {
    expectTypeOf<Freshness["observedAt"]>().toEqualTypeOf<number>();
    expectTypeOf<Observation<unknown>["observedAt"]>().toEqualTypeOf<number>();
    expectTypeOf<Omit<Observation<unknown>, "observedAt">>().not.toExtend<Observation<unknown>>();
    expectTypeOf<ResourceState<unknown>["freshness"]>().toEqualTypeOf<Freshness>();
    expectTypeOf<Answer<unknown>["freshness"]["ageMs"]>().toEqualTypeOf<number>();
  });

  it("Meaning 3: a cache is asked with the instant of the read: an age that is asked for does not grow while it answers", () => {
    expectTypeOf<CacheRead["nowMs"]>().toEqualTypeOf<number>();
    expectTypeOf<CacheRead["maxAgeMs"]>().toEqualTypeOf<number | undefined>();
  });

  it("Meaning 3: every answer says whether a newer observation is on its way", () => {
    expectTypeOf<Freshness["refreshing"]>().toEqualTypeOf<boolean>();
  });

  it("Meaning 3: a source that lags says by how much, and an answer says which source it came from", () => {
    expectTypeOf<Observation<unknown>>().toHaveProperty("sourceLagMs");
    expectTypeOf<Freshness>().toHaveProperty("sourceLagMs");
    expectTypeOf<AnswerSource>().toEqualTypeOf<"live" | "memory" | "redis" | "event">();
  });
});
