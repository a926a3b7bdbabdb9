import { describe, expect, it } from "vitest";
import { cachedKernel } from "../test/cached-kernel.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { Thing, thingRef } from "../test/thing.ts";
import type { ReadPlan } from "./read-plan.ts";
import { PlannedRead } from "./read-plans.ts";

describe("what a ref's holder keeps of an answer", () => {
  it("is let go with the entry: the bounds of a cache hold, whoever holds refs", () => {
    let letGo: () => void = () => {};
    const observation = { ref: thingRef("a"), value: {}, view: "standard", observedAt: 5 };
    const planned = new PlannedRead({} as ReadPlan);
    planned.answersBy({
      observation,
      source: "memory",
      seenAt: 1,
      usual: { maxAgeMs: 1 },
      serves: () => true,
      isWorn: () => false,
      heldBy: (holder) => {
        letGo = () => holder.letGo();
      },
    });
    expect([planned.value, planned.observedAt]).toEqual([observation.value, 5]);
    letGo();
    expect([planned.entry, planned.value]).toEqual([undefined, undefined]);
  });

  it("is asked for anew after that", async () => {
    const { nexus, ctx } = cachedKernel(fakeProvider());
    const request = { kind: Thing, ref: thingRef("a"), maxAgeMs: 10_000 };
    for (let time = 0; time < 3; time += 1) await nexus.get(ctx, request);
    await nexus.invalidate(ctx, {});
    expect((await nexus.get(ctx, request)).freshness.source).toBe("live");
    expect((await nexus.get(ctx, request)).freshness.source).toBe("memory");
  });
});
