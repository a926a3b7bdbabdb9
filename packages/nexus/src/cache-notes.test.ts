import type { CacheOutcome, Context } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { advice, cachedKernel, holdingProvider, settled } from "../test/cached-kernel.ts";
import { failureOf, unavailable } from "../test/errors.ts";
import { fakeTelemetry } from "../test/fake-ports.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";

const ref = thingRef("a");
const freshness = advice;

describe("of each read telemetry hears once what became of it at the cache", () => {
  it("in every way that a read may go", async () => {
    const provider = holdingProvider({ capabilities: { freshness } });
    const { nexus, ctx, clock, noted } = cachedKernel(provider);
    let heard = 0;
    /** What was noted since this was last asked. */
    const since = () => {
      const news = noted.slice(heard);
      heard = noted.length;
      return news;
    };
    const get = (id: string, of: Context = ctx) => nexus.get(of, { kind: Thing, ref: thingRef(id) });

    const first = [get("a"), get("b"), get("a")];
    await provider.whenCalled(1);
    expect(since()).toEqual([]);
    provider.held[0]?.answer();
    await Promise.all(first);
    expect([...since()].sort()).toEqual(["batched", "collapsed", "miss"]);

    await Promise.all([get("a"), get("b")]);
    await nexus.getMany(ctx, { kind: Thing, refs: [ref, ref, thingRef("b")] });
    expect(since()).toEqual(["hit", "hit", "hit", "hit"]);

    clock.advance(10_001);
    await Promise.all([get("a"), get("a")]);
    expect(since()).toEqual(["stale", "stale"]);
    await provider.whenCalled(2);
    provider.held[1]?.answer();
    await settled();
    // The other was taken along.
    expect(since()).toEqual(["refreshed", "refreshed"]);

    const gone = ctx.withCancel();
    const leaving = failureOf(nexus.get(gone, { kind: Thing, ref, maxAgeMs: 0 }));
    await provider.whenCalled(3);
    gone.cancel();
    await leaving;
    expect(since()).toEqual(["miss"]);

    const one = { kind: Thing, ref, native: true };
    const native = nexus.get(ctx, one);
    await provider.whenCalled(4);
    provider.held[3]?.answer();
    await native;
    expect(since()).toEqual(["miss"]);
  });

  it("whose and of what it was, each time by the same object", async () => {
    const heard: [CacheOutcome, object][] = [];
    const telemetry = fakeTelemetry({ cache: (outcome, subject) => heard.push([outcome, subject]) });
    const { nexus, ctx } = cachedKernel(fakeProvider({ capabilities: { freshness } }), { telemetry });
    for (let time = 0; time < 3; time += 1) await nexus.get(ctx, { kind: Thing, ref });
    await nexus.get(ctx.withTenant("other"), { kind: Thing, ref });
    const subject = { tenant: "default", provider: "fake", kind: Thing.name };
    expect(heard).toEqual([
      ["miss", subject],
      ["hit", subject],
      ["hit", subject],
      ["miss", { ...subject, tenant: "other" }],
    ]);
    expect(new Set(heard.slice(0, 3).map(([, each]) => each)).size).toBe(1);
  });

  it("also of one that an old answer saves from the vendor's trouble", async () => {
    const outcomes = [async () => observationOf(ref)];
    const provider = fakeProvider({
      capabilities: { freshness },
      get: () => (outcomes.shift() ?? (() => Promise.reject(unavailable().with({ retry: { retryable: false } }))))(),
    });
    const { nexus, ctx, clock, noted } = cachedKernel(provider);
    await nexus.get(ctx, { kind: Thing, ref });
    clock.advance(30_000);
    expect((await nexus.get(ctx, { kind: Thing, ref })).freshness.source).toBe("memory");
    expect(noted).toEqual(["miss", "stale"]);
  });

  it("also of one that is made once more because what it joined ran out of time", async () => {
    const provider = holdingProvider({ capabilities: { freshness } });
    const { nexus, ctx, clock, noted } = cachedKernel(provider);
    const first = failureOf(nexus.get(ctx, { kind: Thing, ref }));
    await provider.whenCalled(1);
    const patient = nexus.get(ctx.withTimeout(60_000), { kind: Thing, ref });
    await settled();
    clock.advance(10_000);
    await first;
    await provider.whenCalled(2);
    provider.held[1]?.answer();
    await patient;
    expect(noted).toEqual(["miss", "miss"]);
  });
});
