import { noCache } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { asked, cachedKernel, holdingProvider } from "../test/cached-kernel.ts";
import { failureOf } from "../test/errors.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { observationOf, Thing, type ThingPlace, thingRef } from "../test/thing.ts";

const ref = thingRef("a");
const request = { kind: Thing, ref, maxAgeMs: 60_000 };

/** A kernel that has read things: by id, and where they are. */
async function filled(
  things: readonly (ThingPlace & { readonly id: string; readonly tenant?: string })[] = [{ id: "a" }],
) {
  const tags = { team: "web" };
  const provider = fakeProvider({
    get: async (_call, { ref: each, view }) =>
      observationOf(each, { view, value: each.id.startsWith("tagged") ? { tags } : {} }),
  });
  const kernel = { provider, ...cachedKernel(provider) };
  for (const { id, tenant = "default", ...place } of things) {
    await kernel.nexus.get(kernel.ctx.withTenant(tenant), { kind: Thing, ref: thingRef(id, place) });
  }
  return kernel;
}

describe("cached", () => {
  it("gives what is kept in each view, the youngest first, however old, and asks no vendor", async () => {
    const { nexus, ctx, clock, provider } = await filled([]);
    expect(await nexus.cached(ctx, { kind: Thing, ref })).toEqual([]);
    await nexus.get(ctx, { kind: Thing, ref, view: "health" });
    clock.advance(1_000);
    await nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 0 });
    clock.advance(86_400_000);
    for (const given of [ref, ref.key, "thing:1:north:a"]) {
      const states = await nexus.cached(ctx, { kind: Thing, ref: given });
      expect(states.map(({ view, freshness }) => [view, freshness.source, freshness.ageMs])).toEqual([
        ["standard", "memory", 86_400_000],
        ["health", "memory", 86_401_000],
      ]);
      expect(states.every(Object.isFrozen)).toBe(true);
    }
    expect(provider.requests).toHaveLength(2);
  });

  it("is refused to whom a get is, and tells nobody what another tenant sees", async () => {
    const { nexus, ctx } = await filled();
    expect(await nexus.cached(ctx.withTenant("other"), { kind: Thing, ref })).toEqual([]);
    const provider = fakeProvider();
    const denied = cachedKernel(provider, { permission: { denial: () => "No." } });
    expect((await failureOf(denied.nexus.cached(ctx, { kind: Thing, ref }))).code).toBe("permission_denied");
    expect((await failureOf(nexus.cached(ctx, { kind: Thing, ref: "nonsense" }))).reason).toBe("ErrInvalidRef");
    const mistaken = { kind: Thing, ref, view: "health" } as { kind: typeof Thing; ref: typeof ref };
    expect((await failureOf(nexus.cached(ctx, mistaken))).reason).toBe("ErrInvalidRequest");
  });

  it("is not a read: what nobody else reads is not kept longer, or taken along, for its sake", async () => {
    const { nexus, ctx, noted } = await filled();
    const before = noted.length;
    await nexus.cached(ctx, { kind: Thing, ref });
    expect(noted).toHaveLength(before);
  });
});

describe("invalidate", () => {
  const things = [
    { id: "a" },
    { id: "b" },
    { id: "tagged-c" },
    { id: "a", region: "south" },
    { id: "a", account: "2" },
    { id: "a", tenant: "other" },
  ];
  it.each([
    { what: "a ref", selection: { ref }, invalidated: 1 },
    { what: "a ref's text", selection: { ref: ref.key }, invalidated: 1 },
    { what: "a vendor's id", selection: { ref: "thing:1:north:a" }, invalidated: 1 },
    { what: "an account", selection: { account: "1" }, invalidated: 4 },
    { what: "a region", selection: { region: "south" }, invalidated: 1 },
    { what: "an account and a region", selection: { account: "1", region: "north" }, invalidated: 3 },
    { what: "a kind", selection: { kind: Thing.name }, invalidated: 5 },
    { what: "a provider", selection: { provider: "fake" }, invalidated: 5 },
    { what: "a tag", selection: { tags: { team: "web" } }, invalidated: 1 },
    { what: "nothing in particular", selection: {}, invalidated: 5 },
    { what: "what is not there", selection: { account: "3" }, invalidated: 0 },
  ])("of $what forgets that, of the caller's tenant alone", async ({ selection, invalidated }) => {
    const { nexus, ctx } = await filled(things);
    expect(await nexus.invalidate(ctx, selection)).toEqual({ invalidated });
    const stats = await nexus.cacheStats(ctx, {});
    expect(stats).toMatchObject({ entries: things.length - invalidated, invalidated });
    const other = await nexus.get(ctx.withTenant("other"), request);
    expect(other.freshness.source).toBe("memory");
    expect(await nexus.invalidate(ctx, selection)).toEqual({ invalidated: 0 });
  });

  it("is seen by the next read, also by one that a read under way would have answered", async () => {
    const provider = holdingProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const before = nexus.get(ctx, request);
    await provider.whenCalled(1);
    await nexus.invalidate(ctx, {});
    provider.held[0]?.answer();
    expect((await before).freshness.source).toBe("live");
    const after = nexus.get(ctx, request);
    await provider.whenCalled(2);
    provider.held[1]?.answer();
    expect((await after).freshness.source).toBe("live");
    expect(asked(provider)).toEqual(["get a", "get a"]);
  });

  it("by another tenant leaves reads that are under way as they are", async () => {
    const provider = holdingProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const before = nexus.get(ctx, request);
    await provider.whenCalled(1);
    await nexus.invalidate(ctx.withTenant("other"), {});
    provider.held[0]?.answer();
    await before;
    expect((await nexus.get(ctx, request)).freshness.source).toBe("memory");
  });

  it.each([
    ["kind", { kind: "test.Thign" }, "ErrUnknownKind", Thing.name],
    ["provider", { provider: "fkae" }, "ErrUnknownProvider", "fake"],
  ])("refuses a %s that nobody has, which would forget nothing in silence", async (_what, selection, reason, says) => {
    const { nexus, ctx } = await filled();
    const error = await failureOf(nexus.invalidate(ctx, selection));
    expect(error).toMatchObject({ code: "invalid_argument", reason });
    expect(error.message).toContain(says);
  });

  it("is for those who are permitted it, and takes tags as texts alone", async () => {
    const asked: string[] = [];
    const permission = {
      denial: (_ctx: unknown, { action, kind, account }: { action: string; kind: string; account: string }) => {
        asked.push(`${action} ${kind} ${account}`);
        return action === "invalidate" ? "not you" : undefined;
      },
    };
    const { nexus, ctx } = cachedKernel(fakeProvider(), { permission });
    expect((await failureOf(nexus.invalidate(ctx, { account: "1" }))).code).toBe("permission_denied");
    expect(asked).toEqual(["invalidate * 1"]);
    for (const tags of [null, ["team"], { team: 1 }, "team"]) {
      expect((await failureOf(nexus.invalidate(ctx, { tags: tags as never }))).reason).toBe("ErrInvalidRequest");
    }
  });

  it("refuses what is no ref, a field that is misspelled and a call that is over", async () => {
    const { nexus, ctx } = await filled();
    expect((await failureOf(nexus.invalidate(ctx, { ref: "nonsense" }))).reason).toBe("ErrInvalidRef");
    // It would be an invalidation of everything.
    const mistaken = { accounts: ["1"] } as object;
    expect((await failureOf(nexus.invalidate(ctx, mistaken))).reason).toBe("ErrInvalidRequest");
    expect((await failureOf(nexus.invalidate(ctx.withTimeout(0), {}))).code).toBe("deadline_exceeded");
    expect((await nexus.cacheStats(ctx, {})).entries).toBe(1);
  });
});

describe("cacheStats", () => {
  it("says what became of reads, and how full the cache is", async () => {
    const { nexus, ctx } = await filled([{ id: "a" }, { id: "b" }]);
    await nexus.get(ctx, request);
    const { bytes, maxEntries, maxBytes, ...stats } = await nexus.cacheStats(ctx, {});
    expect(stats).toEqual({
      entries: 2,
      evicted: 0,
      invalidated: 0,
      outcomes: { hit: 1, stale: 0, miss: 2, collapsed: 0, batched: 0, refreshed: 0 },
    });
    expect([bytes > 0, maxEntries > 2, maxBytes > bytes]).toEqual([true, true, true]);
  });

  it("is a copy, and of a kernel without a cache says that nothing is kept", async () => {
    const { nexus, ctx } = await filled();
    const before = await nexus.cacheStats(ctx, {});
    await nexus.get(ctx, request);
    expect(before.outcomes.hit).toBe(0);
    const bare = cachedKernel(fakeProvider(), { cache: noCache });
    await bare.nexus.get(bare.ctx, request);
    expect(await bare.nexus.cacheStats(bare.ctx, {})).toMatchObject({
      entries: 0,
      maxEntries: 0,
      outcomes: { miss: 1 },
    });
  });
});
