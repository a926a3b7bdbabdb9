import { CloudLinkError, defineKind, type ErrorCode } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { advice, asked, type CachedKernel, cachedKernel, holdingProvider, settled } from "../test/cached-kernel.ts";
import { failureOf, notFound } from "../test/errors.ts";
import { type FakeProviderSettings, fakeProvider } from "../test/fake-provider.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import type { Nexus } from "./nexus.ts";

const ref = thingRef("a");

/** A kernel whose provider gives the advice of the tests. */
function advised(settings: FakeProviderSettings = {}) {
  const capabilities = { freshness: advice, getMany: undefined, ...settings.capabilities };
  const provider = fakeProvider({ ...settings, capabilities });
  return { provider, ...cachedKernel(provider) };
}

type Read = Omit<Parameters<Nexus["get"]>[1], "kind" | "ref">;

const read = ({ nexus, ctx }: CachedKernel, request: Read = {}) => nexus.get(ctx, { kind: Thing, ref, ...request });

/** Where a getMany of it alone has its answer from. */
async function manySource({ nexus, ctx }: CachedKernel, request: Read = {}): Promise<string> {
  const many = await nexus.getMany(ctx, { kind: Thing, refs: [ref], ...request });
  const [outcome] = many.outcomes;
  return outcome?.ok === true ? outcome.state.freshness.source : "failed";
}

describe("a read that says how old an answer may be", () => {
  it.each([
    { ageMs: 5_000, maxAgeMs: 5_000, source: "memory" },
    { ageMs: 5_000, maxAgeMs: 4_999, source: "live" },
    { ageMs: 86_400_000, maxAgeMs: Number.POSITIVE_INFINITY, source: "memory" },
    { ageMs: 0, maxAgeMs: 0, source: "live" },
  ])("finds one of $ageMs ms, where it takes $maxAgeMs ms: $source", async ({ ageMs, maxAgeMs, source }) => {
    const kernel = advised();
    await read(kernel);
    kernel.clock.advance(ageMs);
    expect((await read(kernel, { maxAgeMs })).freshness).toMatchObject({
      source,
      ageMs: source === "memory" ? ageMs : 0,
    });
    // By getMany, too.
    const other = advised();
    await read(other);
    other.clock.advance(ageMs);
    expect(await manySource(other, { maxAgeMs })).toBe(source);
  });

  it("takes nothing older that kind or provider advertise", async () => {
    const kernel = advised();
    await read(kernel);
    kernel.clock.advance(5_001);
    const answer = await read(kernel, { maxAgeMs: 5_000 });
    expect([answer.freshness.source, answer.freshness.ageMs]).toEqual(["live", 0]);
  });

  it("says how many vendor calls that saved", async () => {
    const kernel = advised();
    expect((await read(kernel)).stats).toMatchObject({ vendorCalls: 1, savedCalls: 0 });
    expect((await read(kernel)).stats).toMatchObject({ vendorCalls: 0, savedCalls: 1 });
    expect((await read(kernel, { maxAgeMs: 0 })).stats).toMatchObject({ vendorCalls: 1, savedCalls: 0 });
    const { nexus, ctx } = kernel;
    const refs = [ref, thingRef("b")];
    expect((await nexus.getMany(ctx, { kind: Thing, refs })).stats).toMatchObject({ vendorCalls: 1, savedCalls: 1 });
    const many = cachedKernel(fakeProvider({ capabilities: { freshness: advice } }));
    await many.nexus.getMany(many.ctx, { kind: Thing, refs });
    // As many as the same reads took.
    const { stats } = await many.nexus.getMany(many.ctx, { kind: Thing, refs });
    expect(stats).toMatchObject({ vendorCalls: 0, savedCalls: 1 });
  });
});

describe("a read that does not say", () => {
  it("is live where nobody advises anything, at the very same instant too", async () => {
    const provider = fakeProvider();
    const kernel = cachedKernel(provider);
    for (let time = 0; time < 3; time += 1) expect((await read(kernel)).freshness.source).toBe("live");
    expect(asked(provider)).toHaveLength(3);
  });

  it("takes what the kind advises, and in its place what the provider does", async () => {
    const kind = defineKind<Thing>()({ ...Thing, freshness: { maxAgeMs: 30_000 } });
    for (const { freshness, atMost } of [
      { freshness: undefined, atMost: 30_000 },
      { freshness: { maxAgeMs: 4_000 }, atMost: 4_000 },
    ]) {
      const provider = fakeProvider({ capabilities: { freshness } });
      const [handler] = provider.kinds;
      const { nexus, ctx, clock } = cachedKernel({ ...provider, kinds: [{ ...handler, kind }] });
      await nexus.get(ctx, { kind, ref });
      clock.advance(atMost);
      expect((await nexus.get(ctx, { kind, ref })).freshness.source).toBe("memory");
      clock.advance(1);
      expect((await nexus.get(ctx, { kind, ref })).freshness.source).toBe("live");
    }
  });

  it("takes less of a resource that is about to change", async () => {
    const states = ["stopping", "stopped"];
    const kernel = advised({ get: async () => observationOf(ref, { value: { state: states.shift() ?? "?" } }) });
    const { clock } = kernel;
    await read(kernel);
    clock.advance(2_000);
    expect((await read(kernel)).value.state).toBe("stopping");
    clock.advance(1);
    // The rule has no stale answers of its own.
    expect((await read(kernel)).value.state).toBe("stopped");
    clock.advance(2_001);
    expect((await read(kernel)).freshness).toMatchObject({ source: "memory", ageMs: 2_001 });
  });

  it("has ages of its own beside those it gives", async () => {
    const kernel = advised();
    await read(kernel);
    kernel.clock.advance(10_001);
    // Stale, while another is fetched, is what the provider advises; this read takes none of that.
    expect((await read(kernel, { staleWhileRevalidateMs: 0 })).freshness.source).toBe("live");
  });
});

describe("what is read again and again", () => {
  it("is renewed while nobody waits, once for some 800 answers, though it is as young as was asked for", async () => {
    const kernel = advised();
    const { nexus, ctx, clock, provider } = kernel;
    const request = { kind: Thing, ref, maxAgeMs: 10_000 };
    await nexus.get(ctx, request);
    clock.advance(1_000);
    let reads = 1;
    let answer = await nexus.get(ctx, request);
    for (; !answer.freshness.refreshing && reads < 1_000; reads += 1) answer = await nexus.get(ctx, request);
    // The entry is told of reads a hundred at a time.
    expect(Math.floor(reads / 100)).toBe(8);
    expect([answer.freshness.source, answer.stats.vendorCalls]).toEqual(["memory", 0]);
    await settled();
    expect((await nexus.get(ctx, request)).freshness).toMatchObject({ ageMs: 0, source: "memory", refreshing: false });
    expect(provider.requests).toHaveLength(2);
  });
});

describe("an answer that is older than asked for", () => {
  it("comes at once where that is taken, and one newer is fetched for however many such reads", async () => {
    const provider = holdingProvider({ capabilities: { freshness: advice, getMany: undefined } });
    const kernel = cachedKernel(provider);
    const first = read(kernel);
    await provider.whenCalled(1);
    provider.held[0]?.answer();
    expect((await first).freshness.refreshing).toBe(false);
    kernel.clock.advance(10_001);
    for (let time = 0; time < 5; time += 1) {
      expect((await read(kernel)).freshness).toMatchObject({ source: "memory", ageMs: 10_001, refreshing: true });
    }
    await settled();
    expect(provider.held).toHaveLength(2);
    kernel.clock.advance(50);
    provider.held[1]?.answer();
    await settled();
    expect((await read(kernel)).freshness).toMatchObject({ source: "memory", ageMs: 50, refreshing: false });
    expect(kernel.noted).toEqual(["miss", ...Array(5).fill("stale"), "refreshed", "hit"]);
    const { stats } = await read(kernel);
    expect(stats).toMatchObject({ vendorCalls: 0, savedCalls: 1 });
  });

  it("does not come any more when it is older than that", async () => {
    const kernel = advised();
    await read(kernel);
    kernel.clock.advance(20_000);
    expect((await read(kernel)).freshness.source).toBe("memory");
    await settled();
    kernel.clock.advance(20_001);
    expect((await read(kernel)).freshness.source).toBe("live");
  });

  it("comes by getMany likewise, and where a live read takes one for itself", async () => {
    const kernel = advised();
    const { nexus, ctx, clock, provider } = kernel;
    await read(kernel);
    clock.advance(10_001);
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [ref] });
    expect(outcomes).toMatchObject([{ ok: true, state: { freshness: { source: "memory", refreshing: true } } }]);
    await settled();
    clock.advance(500);
    const request = { maxAgeMs: 0, staleWhileRevalidateMs: 1_000 };
    expect((await read(kernel, request)).freshness).toMatchObject({ ageMs: 500, refreshing: true });
    await settled();
    expect(asked(provider)).toHaveLength(3);
  });

  it("is not refreshed again for a second after that failed", async () => {
    let isDown = false;
    const kernel = advised({
      get: async () => {
        if (isDown) throw denied("permission_denied");
        return observationOf(ref);
      },
    });
    const { clock, provider } = kernel;
    await read(kernel);
    clock.advance(10_001);
    isDown = true;
    for (let time = 0; time < 3; time += 1) {
      await read(kernel);
      await settled();
    }
    expect(asked(provider)).toHaveLength(2);
    expect((await read(kernel)).freshness.refreshing).toBe(false);
    clock.advance(999);
    await read(kernel);
    await settled();
    expect(asked(provider)).toHaveLength(2);
    clock.advance(1);
    isDown = false;
    expect((await read(kernel)).freshness.refreshing).toBe(true);
    await settled();
    expect((await read(kernel)).freshness).toMatchObject({ ageMs: 0, source: "memory" });
  });
});

describe("what is kept, where the vendor cannot say", () => {
  /** A kernel that has seen the thing, and whose vendor fails from then on. */
  async function failing(code: ErrorCode) {
    const outcomes = [async () => observationOf(ref)];
    const kernel = advised({ get: () => (outcomes.shift() ?? (() => Promise.reject(denied(code))))() });
    await read(kernel);
    return kernel;
  }

  it.each<ErrorCode>(["unavailable", "resource_exhausted", "deadline_exceeded", "internal"])(
    "answers after %s, for as long as is advertised or asked for",
    async (code) => {
      const kernel = await failing(code);
      const { nexus, ctx, clock } = kernel;
      clock.advance(70_000);
      expect((await read(kernel)).freshness).toMatchObject({ source: "memory", ageMs: 70_000, refreshing: false });
      const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [ref] });
      expect(outcomes).toMatchObject([{ ok: true, state: { freshness: { source: "memory" } } }]);
      const wish = { maxAgeMs: 1_000, staleIfErrorMs: 69_000 };
      expect((await read(kernel, wish)).freshness.source).toBe("memory");
      expect((await failureOf(read(kernel, { maxAgeMs: 1_000, staleIfErrorMs: 68_999 }))).code).toBe(code);
      expect((await failureOf(read(kernel, { maxAgeMs: 1_000 }))).code).toBe(code);
      clock.advance(1);
      expect((await failureOf(read(kernel))).code).toBe(code);
    },
  );

  it.each<ErrorCode>([
    "permission_denied",
    "unauthenticated",
    "not_found",
    "invalid_argument",
    "failed_precondition",
    "unimplemented",
    "canceled",
  ])("does not answer after %s", async (code) => {
    const kernel = await failing(code);
    kernel.clock.advance(30_000);
    expect((await failureOf(read(kernel, { maxAgeMs: 0, staleIfErrorMs: 600_000 }))).code).toBe(code);
  });

  it("answers who has no more time", async () => {
    const outcomes = [async () => observationOf(ref)];
    const kernel = advised({ get: () => (outcomes.shift() ?? (() => new Promise<never>(() => {})))() });
    const { nexus, ctx, clock, provider } = kernel;
    await read(kernel);
    clock.advance(30_000);
    const hurried = nexus.get(ctx.withTimeout(200), { kind: Thing, ref });
    await provider.whenCalled(2);
    clock.advance(200);
    expect((await hurried).freshness).toMatchObject({ source: "memory", ageMs: 30_200 });
  });

  it("does not answer who has left", async () => {
    const outcomes = [async () => observationOf(ref)];
    const kernel = advised({ get: () => (outcomes.shift() ?? (() => new Promise<never>(() => {})))() });
    const { nexus, ctx, clock, provider } = kernel;
    await read(kernel);
    clock.advance(30_000);
    const leaving = ctx.withCancel();
    const left = failureOf(nexus.get(leaving, { kind: Thing, ref }));
    await provider.whenCalled(2);
    leaving.cancel();
    expect((await left).code).toBe("canceled");
  });

  it("does not answer for a wider view than it has", async () => {
    const kernel = await failing("unavailable");
    kernel.clock.advance(30_000);
    expect((await failureOf(read(kernel, { view: "health" }))).code).toBe("unavailable");
    expect((await read(kernel, { view: "standard" })).view).toBe("standard");
  });

  it("does not answer after it was invalidated", async () => {
    const kernel = await failing("unavailable");
    await kernel.nexus.invalidate(kernel.ctx, { ref });
    expect((await failureOf(read(kernel))).code).toBe("unavailable");
  });
});

describe("absence", () => {
  function gone() {
    return advised({ get: () => Promise.reject(notFound()) });
  }

  it("is kept for two seconds, and no read is kept from asking", async () => {
    const kernel = gone();
    const { clock, provider } = kernel;
    for (const request of [{}, {}, { maxAgeMs: 60_000 }, { view: "health" }]) {
      expect((await failureOf(read(kernel, request))).reason).toBe("ErrResourceNotFound");
    }
    expect(asked(provider)).toHaveLength(1);
    expect(kernel.noted).toEqual(["miss", "hit", "hit", "hit"]);
    expect((await failureOf(read(kernel))).origin).toBe("cache");
    expect((await failureOf(read(kernel, { maxAgeMs: 0 }))).origin).toBe("vendor");
    clock.advance(2_000);
    expect((await failureOf(read(kernel))).origin).toBe("cache");
    clock.advance(1);
    expect((await failureOf(read(kernel, { maxAgeMs: 60_000 }))).origin).toBe("vendor");
    expect(await kernel.nexus.cached(kernel.ctx, { kind: Thing, ref })).toEqual([]);
  });

  it("is not kept for a minute after an action, whatever was kept before", async () => {
    for (const isFirstRead of [false, true]) {
      const kernel = gone();
      const { nexus, ctx, clock, provider } = kernel;
      const asks = () => asked(provider).length;
      if (isFirstRead) await failureOf(read(kernel));
      await nexus.act(ctx, { kind: Thing, ref, action: "polish" });
      const before = asks();
      for (let time = 0; time < 3; time += 1) await failureOf(read(kernel));
      expect(asks()).toBe(before + 3);
      clock.advance(60_000);
      for (let time = 0; time < 3; time += 1) await failureOf(read(kernel));
      expect(asks()).toBe(before + 4);
    }
  });

  it("takes the place of what was kept, in every view", async () => {
    const outcomes = [async () => observationOf(ref, { view: "health" })];
    const kernel = advised({ get: () => (outcomes.shift() ?? (() => Promise.reject(notFound())))() });
    await read(kernel, { view: "health" });
    expect((await failureOf(read(kernel, { maxAgeMs: 0 }))).code).toBe("not_found");
    expect((await failureOf(read(kernel))).origin).toBe("cache");
    expect(await kernel.nexus.cached(kernel.ctx, { kind: Thing, ref })).toEqual([]);
  });
});

function denied(code: ErrorCode): CloudLinkError {
  return new CloudLinkError({ code, reason: "v.Trouble", message: "No.", origin: "vendor" });
}
