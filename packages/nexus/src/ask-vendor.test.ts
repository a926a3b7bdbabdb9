import { CloudLinkError, type Context, type ErrorCode } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { advice, asked, type CachedKernel, cachedKernel, holdingProvider, settled } from "../test/cached-kernel.ts";
import { failureOf, notFound } from "../test/errors.ts";
import { type FakeProvider, type FakeProviderSettings, fakeProvider } from "../test/fake-provider.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";

/** A vendor that refuses a whole call, without a word of which of its ids is to blame. */
function refusing(
  isBad: (id: string) => boolean,
  reason: "ErrInvalidResourceId" | "ErrPermissionDenied",
): FakeProvider {
  const error = new CloudLinkError({ reason, message: "No.", origin: "vendor" });
  return fakeProvider({
    get: async (_call, { ref }) => {
      if (isBad(ref.id)) throw error;
      return observationOf(ref);
    },
    getMany: async (_call, { refs }) => {
      if (refs.some(({ id }) => isBad(id))) throw error;
      return refs.map((ref) => ({ ok: true, ref, state: observationOf(ref) }));
    },
  });
}

describe("a call for several that is refused as a whole", () => {
  it.each([2, 3, 16, 20, 100])("is asked for by halves: one bad ref of %i fails alone", async (count) => {
    const provider = refusing((id) => id === "t1", "ErrInvalidResourceId");
    const { nexus, ctx } = cachedKernel(provider);
    const refs = Array.from({ length: count }, (_, index) => thingRef(`t${index}`));
    const ends = await Promise.allSettled(refs.map((ref) => nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 0 })));
    const failed = ends.flatMap((end, index) => (end.status === "rejected" ? [[index, end.reason.reason]] : []));
    expect(failed).toEqual([[1, "ErrInvalidResourceId"]]);
    const bound = 1 + 2 * Math.ceil(Math.log2(count));
    expect(provider.requests.length).toBeLessThanOrEqual(bound);
    const calls = ends.flatMap((end) => (end.status === "fulfilled" ? end.value.stats.vendorCalls : []));
    // All of them are counted for the first, whose call it was.
    expect(calls).toEqual([provider.requests.length, ...Array(count - 2).fill(0)]);
  });

  it("is not asked for again where all are bad for one reason", async () => {
    const provider = refusing(() => true, "ErrPermissionDenied");
    const { nexus, ctx } = cachedKernel(provider);
    const refs = Array.from({ length: 20 }, (_, index) => thingRef(`t${index}`));
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs, maxAgeMs: 0 });
    expect(outcomes.every((outcome) => !outcome.ok && outcome.error.code === "permission_denied")).toBe(true);
    expect(provider.requests).toHaveLength(1);
  });

  it("costs no more calls than one bad ref would, however many are bad", async () => {
    const provider = refusing(() => true, "ErrInvalidResourceId");
    const { nexus, ctx } = cachedKernel(provider);
    const refs = Array.from({ length: 64 }, (_, index) => thingRef(`t${index}`));
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs, maxAgeMs: 0 });
    expect(outcomes.every(({ ok }) => !ok)).toBe(true);
    expect(provider.requests.length).toBeLessThanOrEqual(13);
  });
});

/** Reads things, and again from memory, so that they are wanted. */
async function wanted({ nexus, ctx }: CachedKernel, ids: readonly string[]): Promise<void> {
  const refs = ids.map((id) => thingRef(id));
  for (let time = 0; time < 2; time += 1) await nexus.getMany(ctx, { kind: Thing, refs });
}

function siblingKernel(settings: FakeProviderSettings = {}) {
  const provider = fakeProvider({ ...settings, capabilities: { freshness: advice, ...settings.capabilities } });
  return { provider, ...cachedKernel(provider) };
}

const live = (nexus: CachedKernel["nexus"], ctx: Context, id: string) =>
  nexus.get(ctx, { kind: Thing, ref: thingRef(id), maxAgeMs: 0 });

describe("a batch with room", () => {
  it("takes along what is past half its age and wanted, and nothing else", async () => {
    const kernel = siblingKernel();
    const { nexus, ctx, clock, provider } = kernel;
    await nexus.getMany(ctx, { kind: Thing, refs: [thingRef("never-read-again")] });
    await wanted(kernel, ["old", "wanted"]);
    clock.advance(3_000);
    await wanted(kernel, ["young"]);
    clock.advance(2_001);
    const { stats } = await live(nexus, ctx, "a");
    expect(asked(provider).at(-1)).toBe("getMany a old wanted");
    expect(stats.vendorCalls).toBe(1);
    expect((await nexus.cacheStats(ctx, {})).outcomes.refreshed).toBe(2);
    const [kept] = await nexus.cached(ctx, { kind: Thing, ref: thingRef("old") });
    expect(kept?.freshness.ageMs).toBe(0);
  });

  it("takes none along that nobody read for five minutes", async () => {
    const kernel = siblingKernel();
    const { nexus, ctx, clock, provider } = kernel;
    await wanted(kernel, ["old"]);
    clock.advance(300_000);
    await live(nexus, ctx, "a");
    expect(asked(provider).at(-1)).toBe("getMany a old");
    clock.advance(300_001);
    await live(nexus, ctx, "b");
    expect(asked(provider).at(-1)).toBe("get b");
  });

  it("takes no more along than there is room for", async () => {
    const getMany = { operations: ["getMany"], views: ["standard"], maxRefs: 3 };
    const kernel = siblingKernel({ capabilities: { getMany } });
    const { nexus, ctx, clock, provider } = kernel;
    await wanted(kernel, ["b", "c", "d", "e"]);
    clock.advance(6_000);
    await live(nexus, ctx, "a");
    expect(asked(provider).at(-1)?.split(" ")).toHaveLength(1 + 3);
  });

  it("takes none along of another tenant or place, and none in a view that is wider", async () => {
    const kernel = siblingKernel();
    const { nexus, ctx, clock, provider } = kernel;
    await wanted(kernel, ["b"]);
    for (let time = 0; time < 2; time += 1) {
      await nexus.get(ctx, { kind: Thing, ref: thingRef("healthy"), view: "health" });
      await nexus.get(ctx, { kind: Thing, ref: thingRef("south", { region: "south" }) });
      await nexus.get(ctx.withTenant("other"), { kind: Thing, ref: thingRef("others") });
    }
    clock.advance(6_000);
    await live(nexus, ctx, "a");
    expect(asked(provider).at(-1)).toBe("getMany a b");
  });

  it("does not fail by what it took along", async () => {
    let isGone = false;
    const kernel = siblingKernel({
      getMany: async (_call, { refs }) =>
        refs.map((ref) =>
          isGone && ref.id === "gone"
            ? { ok: false, ref, error: notFound() }
            : { ok: true, ref, state: observationOf(ref) },
        ),
    });
    const { nexus, ctx, clock, provider, noted } = kernel;
    await wanted(kernel, ["gone", "b"]);
    clock.advance(6_000);
    isGone = true;
    expect((await live(nexus, ctx, "a")).value.id).toBe("a");
    expect(asked(provider).at(-1)).toBe("getMany a gone b");
    expect(noted.filter((outcome) => outcome === "refreshed")).toHaveLength(1);
    // What it learned is so for whoever asks.
    expect((await failureOf(nexus.get(ctx, { kind: Thing, ref: thingRef("gone") }))).code).toBe("not_found");
  });

  it("does not fail by it where the whole call is refused, either", async () => {
    const kernel = siblingKernel();
    let isBad = false;
    const provider = refusing((id) => isBad && id === "b", "ErrInvalidResourceId");
    const [capabilities] = provider.metadata.kinds;
    const kinds = [{ ...capabilities, freshness: advice }] as typeof provider.metadata.kinds;
    const advised = { ...provider, metadata: { ...provider.metadata, kinds } };
    const own = { ...kernel, ...cachedKernel(advised), provider: advised };
    await wanted(own, ["b", "c"]);
    own.clock.advance(6_000);
    isBad = true;
    expect((await live(own.nexus, own.ctx, "a")).value.id).toBe("a");
  });

  it("lets a read of what it takes along join", async () => {
    const provider = holdingProvider({ capabilities: { freshness: advice } });
    const kernel = cachedKernel(provider);
    const { nexus, ctx, clock } = kernel;
    const filling = nexus.getMany(ctx, { kind: Thing, refs: [thingRef("b")] });
    await provider.whenCalled(1);
    provider.held[0]?.answer();
    await filling;
    await nexus.get(ctx, { kind: Thing, ref: thingRef("b") });
    clock.advance(6_000);
    const read = live(nexus, ctx, "a");
    await provider.whenCalled(2);
    clock.advance(10);
    const joining = nexus.get(ctx, { kind: Thing, ref: thingRef("b"), maxAgeMs: 100 });
    await settled();
    provider.held[1]?.answer();
    expect([(await read).stats.vendorCalls, (await joining).stats.vendorCalls]).toEqual([1, 0]);
    expect(asked(provider)).toEqual(["getMany b", "getMany a b"]);
  });
});

describe("a failure of a call for several", () => {
  it.each<ErrorCode>(["permission_denied", "unauthenticated"])("by %s is everybody's", async (code) => {
    const error = new CloudLinkError({ code, reason: "v.No", message: "No.", origin: "vendor" });
    const provider = fakeProvider({ getMany: () => Promise.reject(error) });
    const { nexus, ctx } = cachedKernel(provider);
    const reads = ["a", "b", "c"].map((id) => failureOf(live(nexus, ctx, id)));
    expect((await Promise.all(reads)).map((each) => [each.code, each.ref])).toEqual(
      ["a", "b", "c"].map((id) => [code, thingRef(id).key]),
    );
    expect(provider.requests).toHaveLength(1);
  });
});

describe("a port that throws, which it must not", () => {
  it("fails the reads that wait, and leaves nothing behind", async () => {
    const broken = new TypeError("broken");
    const events = {
      publish() {
        throw broken;
      },
    };
    const { nexus, ctx, clock } = cachedKernel(fakeProvider(), { events });
    const error = await failureOf(nexus.get(ctx, { kind: Thing, ref: thingRef("t1"), maxAgeMs: 0 }));
    expect(error).toMatchObject({ reason: "ErrUnexpected", cause: broken });
    expect(clock.pendingTimers).toBe(0);
    expect(await failureOf(nexus.get(ctx, { kind: Thing, ref: thingRef("t1"), maxAgeMs: 0 }))).toMatchObject({
      reason: "ErrUnexpected",
    });
  });
});

describe("what came along", () => {
  it("spoils no read: a vendor that refuses the call for what is dead among it is asked again for what is wanted", async () => {
    const dead = new Set<string>();
    const provider = refusing((id) => dead.has(id), "ErrInvalidResourceId");
    const kernel = cachedKernel(provider);
    const { nexus, ctx, clock } = kernel;
    const ids = Array.from({ length: 19 }, (_, index) => `s${index}`);
    const refs = ids.map((id) => thingRef(id));
    for (let time = 0; time < 2; time += 1) await nexus.getMany(ctx, { kind: Thing, refs, maxAgeMs: 10_000 });
    clock.advance(6_000);
    for (const id of ["s3", "s12"]) dead.add(id);
    const before = provider.requests.length;
    const { value } = await live(nexus, ctx, "healthy");
    expect([value.id, provider.requests.length - before]).toEqual(["healthy", 2]);
  });

  it("costs nobody a permission: who may read one and not many reads the one", async () => {
    let isNarrow = false;
    const denied = new CloudLinkError({ reason: "ErrPermissionDenied", message: "Not many.", origin: "vendor" });
    const provider = fakeProvider({
      getMany: async (_call, { refs }) => {
        if (isNarrow) throw denied;
        return refs.map((ref) => ({ ok: true, ref, state: observationOf(ref) }));
      },
    });
    const { nexus, ctx, clock } = cachedKernel(provider);
    const refs = ["x", "y"].map((id) => thingRef(id));
    for (let time = 0; time < 2; time += 1) await nexus.getMany(ctx, { kind: Thing, refs, maxAgeMs: 10_000 });
    clock.advance(6_000);
    isNarrow = true;
    expect((await live(nexus, ctx, "a")).value.id).toBe("a");
    expect(asked(provider).slice(-2)).toEqual(["getMany a x y", "get a"]);
  });
});

describe("refs that were refused together", () => {
  it("are not told what was said of others, where it was not found out which were meant", async () => {
    const provider = refusing((id) => Number(id.slice(1)) % 3 === 0, "ErrInvalidResourceId");
    const { nexus, ctx } = cachedKernel(provider);
    const refs = Array.from({ length: 30 }, (_, index) => thingRef(`t${index}`));
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs, maxAgeMs: 0 });
    const wrong = outcomes.filter(
      (outcome, index) => !outcome.ok && outcome.error.code === "invalid_argument" && index % 3 !== 0,
    );
    expect(wrong).toEqual([]);
    const unknown = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error.code]));
    expect(unknown).toContain("unavailable");
  });
});
