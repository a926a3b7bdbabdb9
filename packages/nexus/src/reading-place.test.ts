import type { Context } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { advice, asked, cachedKernel, holdingProvider, settled } from "../test/cached-kernel.ts";
import { notFound } from "../test/errors.ts";
import { fakeProvider, type ProviderRequest } from "../test/fake-provider.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import type { Nexus } from "./nexus.ts";

function idsFrom(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `t${index}`);
}

/** Live reads of things by id, all begun at once. */
function getAll(nexus: Nexus, ctx: Context, ids: readonly string[]) {
  return ids.map((id) => nexus.get(ctx, { kind: Thing, ref: thingRef(id), maxAgeMs: 0 }));
}

function manyOf(provider: { readonly requests: readonly ProviderRequest[] }) {
  return provider.requests.flatMap((each) => (each.method === "getMany" ? [each] : []));
}

describe("reads that come close together", () => {
  it("leave as one call, which is counted for the first", async () => {
    const provider = fakeProvider();
    const { nexus, ctx, noted } = cachedKernel(provider);
    const ids = idsFrom(20);
    const answers = await Promise.all(getAll(nexus, ctx, ids));
    expect(answers.map(({ value }) => value.id)).toEqual(ids);
    expect(asked(provider)).toEqual([`getMany ${ids.join(" ")}`]);
    expect(answers.map(({ stats }) => stats.vendorCalls)).toEqual([1, ...Array(19).fill(0)]);
    expect(noted).toEqual(["miss", ...Array(19).fill("batched")]);
    expect((await nexus.cacheStats(ctx, {})).outcomes).toMatchObject({ miss: 1, batched: 19, collapsed: 0 });
  });

  it("wait for nothing when nothing is at the vendor: one alone leaves within a turn, by get", async () => {
    const provider = fakeProvider();
    const { nexus, ctx, clock } = cachedKernel(provider);
    for (const id of idsFrom(3)) await nexus.get(ctx, { kind: Thing, ref: thingRef(id) });
    expect(asked(provider)).toEqual(["get t0", "get t1", "get t2"]);
    expect(clock.pendingDelaysMs.filter((ms) => ms <= 10)).toEqual([]);
  });

  it("wait 10 ms for others while one is at the vendor, from the first of them on", async () => {
    const provider = holdingProvider();
    const { nexus, ctx, clock } = cachedKernel(provider);
    const reads = getAll(nexus, ctx, ["a"]);
    await provider.whenCalled(1);
    reads.push(...getAll(nexus, ctx, ["b"]));
    await settled();
    clock.advance(9);
    reads.push(...getAll(nexus, ctx, ["c"]));
    await settled();
    expect(asked(provider)).toEqual(["get a"]);
    clock.advance(1);
    await provider.whenCalled(2);
    for (const { answer } of provider.held) answer();
    expect((await Promise.all(reads)).map(({ value }) => value.id)).toEqual(["a", "b", "c"]);
    expect(asked(provider)).toEqual(["get a", "getMany b c"]);
  });

  it("leave as soon as what is at the vendor is back, whatever the clock says", async () => {
    const provider = holdingProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const reads = getAll(nexus, ctx, ["a"]);
    await provider.whenCalled(1);
    reads.push(...getAll(nexus, ctx, ["b", "c"]));
    await settled();
    provider.held[0]?.answer();
    await provider.whenCalled(2);
    provider.held[1]?.answer();
    await Promise.all(reads);
    expect(asked(provider)).toEqual(["get a", "getMany b c"]);
  });

  it("leave as soon as they are as many as the provider takes, and never as more", async () => {
    const getMany = { operations: ["getMany"], views: ["standard"], maxRefs: 10 };
    const provider = holdingProvider({ capabilities: { getMany } });
    const { nexus, ctx } = cachedKernel(provider);
    const reads = getAll(nexus, ctx, ["first"]);
    await provider.whenCalled(1);
    const ids = idsFrom(25);
    reads.push(...getAll(nexus, ctx, ids));
    await provider.whenCalled(3);
    await settled();
    expect(manyOf(provider).map(({ request }) => request.refs.length)).toEqual([10, 10]);
    provider.held[0]?.answer();
    await provider.whenCalled(4);
    for (const { answer } of provider.held) answer();
    await Promise.all(reads);
    expect(manyOf(provider).map(({ request }) => request.refs.length)).toEqual([10, 10, 5]);
    expect(manyOf(provider).flatMap(({ request }) => request.refs.map(({ id }) => id))).toEqual(ids);
  });

  it("leave apart where tenant, account, region or view are not the same", async () => {
    const provider = fakeProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const reads = ["acme", "zeta"].flatMap((tenant) =>
      ["1", "2"].flatMap((account) =>
        ["north", "south"].flatMap((region) =>
          ["standard", "health"].flatMap((view) =>
            ["a", "b"].map(async (id) => {
              const ref = thingRef(id, { account, region });
              const answer = await nexus.get(ctx.withTenant(tenant), { kind: Thing, ref, view });
              expect(answer).toMatchObject({ view, ref });
            }),
          ),
        ),
      ),
    );
    await Promise.all(reads);
    const batches = manyOf(provider);
    expect(batches).toHaveLength(16);
    const places = batches.map(({ call: { scope, ctx: own }, request: { refs, view } }) => {
      expect(own.tenant).toBe(scope.tenant);
      expect(refs.map(({ id }) => id)).toEqual(["a", "b"]);
      for (const { account, region } of refs) expect([account, region]).toEqual([scope.account, scope.region]);
      return `${scope.key} ${view}`;
    });
    expect(new Set(places).size).toBe(16);
  });

  it("leave apart while a provider is being replaced", async () => {
    const [before, after] = [holdingProvider(), holdingProvider()];
    let current = before;
    const { nexus, ctx } = cachedKernel(before, { providers: { current: () => current, list: () => [current] } });
    const reads = getAll(nexus, ctx, ["a"]);
    await before.whenCalled(1);
    reads.push(...getAll(nexus, ctx, ["b"]));
    await settled();
    current = after;
    reads.push(...getAll(nexus, ctx, ["c"]));
    // It asks for what the other has at the vendor, too: an answer of the generation before is none of this one.
    reads.push(nexus.get(ctx, { kind: Thing, ref: thingRef("a"), maxAgeMs: 5_000 }));
    await settled();
    before.held[0]?.answer();
    await Promise.all([before.whenCalled(2), after.whenCalled(1)]);
    before.held[1]?.answer();
    after.held[0]?.answer();
    await Promise.all(reads);
    expect([asked(before), asked(after)]).toEqual([["get a", "get b"], ["getMany c a"]]);
  });

  it("fail each by itself where the provider tells them apart", async () => {
    const provider = fakeProvider({
      getMany: async (_call, { refs }) =>
        refs.map((ref) =>
          ref.id === "t3" ? { ok: false, ref, error: notFound() } : { ok: true, ref, state: observationOf(ref) },
        ),
    });
    const { nexus, ctx } = cachedKernel(provider);
    const ends = await Promise.allSettled(getAll(nexus, ctx, idsFrom(10)));
    expect(ends.flatMap((end, index) => (end.status === "rejected" ? [[index, end.reason.code]] : []))).toEqual([
      [3, "not_found"],
    ]);
    expect(asked(provider)).toHaveLength(1);
  });

  it("of get and getMany share calls, and join each other", async () => {
    const provider = holdingProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const of = (...ids: string[]) =>
      nexus.getMany(ctx, { kind: Thing, refs: ids.map((id) => thingRef(id)), maxAgeMs: 5_000 });
    const together = [nexus.get(ctx, { kind: Thing, ref: thingRef("a"), maxAgeMs: 5_000 }), of("b", "c")];
    await provider.whenCalled(1);
    const joining = [nexus.get(ctx, { kind: Thing, ref: thingRef("b"), maxAgeMs: 5_000 }), of("a", "c")];
    await settled();
    provider.held[0]?.answer();
    const ends = await Promise.all([...together, ...joining]);
    expect(asked(provider)).toHaveLength(1);
    expect(ends.reduce((sum, { stats }) => sum + stats.vendorCalls, 0)).toBe(1);
  });

  it("are not put on a source that lags where they must be fresher", async () => {
    const getMany = { operations: ["getMany"], views: ["standard"], maxRefs: 100, sourceLagMs: 30_000 };
    const provider = fakeProvider({ capabilities: { getMany } });
    const { nexus, ctx, clock } = cachedKernel(provider);
    await Promise.all(getAll(nexus, ctx, ["a", "b"]));
    await nexus.getMany(ctx, { kind: Thing, refs: [thingRef("a"), thingRef("b")], maxAgeMs: 0 });
    expect(asked(provider)).toEqual(["get a", "get b", "get a", "get b"]);
    clock.advance(30_000);
    const refs = ["c", "d"].map((id) => thingRef(id));
    await Promise.all(refs.map((ref) => nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 30_000 })));
    expect(asked(provider).slice(4)).toEqual(["getMany c d"]);
  });

  it("of which one that takes more lag came first, do not lead another to that source", async () => {
    const getMany = { operations: ["getMany"], views: ["standard"], maxRefs: 100, sourceLagMs: 30_000 };
    const provider = fakeProvider({ capabilities: { getMany } });
    const { nexus, ctx } = cachedKernel(provider);
    const ref = thingRef("a");
    const reads = [
      nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 60_000 }),
      nexus.get(ctx, { kind: Thing, ref: thingRef("b"), maxAgeMs: 60_000 }),
      nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 5_000 }),
    ];
    await Promise.all(reads);
    expect(asked(provider)).toEqual(["get a", "getMany a b"]);
  });

  it("by default do as kind or provider advise, and are kept by that", async () => {
    const provider = fakeProvider({ capabilities: { freshness: advice } });
    const { nexus, ctx, noted } = cachedKernel(provider);
    const read = () => Promise.all(idsFrom(3).map((id) => nexus.get(ctx, { kind: Thing, ref: thingRef(id) })));
    await read();
    expect((await read()).map(({ stats }) => [stats.vendorCalls, stats.savedCalls])).toEqual(Array(3).fill([0, 1]));
    expect(asked(provider)).toHaveLength(1);
    expect(noted).toEqual(["miss", "batched", "batched", "hit", "hit", "hit"]);
  });

  it("whose callers have all left are not asked for, beside those that are", async () => {
    const provider = holdingProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const first = getAll(nexus, ctx, ["a"]);
    await provider.whenCalled(1);
    const leaving = ctx.withCancel();
    const left = Promise.allSettled(getAll(nexus, leaving, ["b", "c"]));
    const staying = getAll(nexus, ctx, ["d"]);
    await settled();
    leaving.cancel();
    await left;
    provider.held[0]?.answer();
    await provider.whenCalled(2);
    provider.held[1]?.answer();
    await Promise.all([...first, ...staying]);
    expect(asked(provider)).toEqual(["get a", "get d"]);
  });
});
