import { type Account, createTraceId, type GetCapability, type Ref } from "@cloudlink/core";
import type { GetRequest } from "@cloudlink/core/calls";
import { describe, expect, it } from "vitest";
import { advice, asked, cachedKernel, holdingProvider, settled } from "../test/cached-kernel.ts";
import { failureOf } from "../test/errors.ts";
import { fakeTelemetry } from "../test/fake-ports.ts";
import { type FakeProviderSettings, fakeProvider } from "../test/fake-provider.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import type { NexusSettings } from "./create-nexus.ts";

const ref = thingRef("a");
const request = { kind: Thing, ref, maxAgeMs: 60_000 };

/** A kernel that memory answers: the thing was read, and once more, so that the way to it is known. */
async function warm(settings: Partial<NexusSettings> = {}, conduct: FakeProviderSettings = {}) {
  const provider = fakeProvider(conduct);
  const kernel = { provider, ...cachedKernel(provider, settings) };
  await kernel.nexus.get(kernel.ctx, request);
  const { freshness } = await kernel.nexus.get(kernel.ctx, request);
  expect(freshness.source).toBe("memory");
  return kernel;
}

describe("a get that memory answers", () => {
  it("asks nobody, and gives plain data that nobody can change", async () => {
    const { nexus, ctx, clock, provider } = await warm();
    clock.advance(1_500);
    const answer = await nexus.get(ctx, request);
    expect(answer).toMatchObject({
      ref,
      view: "standard",
      value: { id: "a", state: "running" },
      freshness: { source: "memory", ageMs: 1_500, observedAt: clock.nowMs() - 1_500, refreshing: false },
      stats: { vendorCalls: 0, savedCalls: 1, retries: 0, durationMs: 0 },
    });
    expect(provider.requests).toHaveLength(1);
    expect([answer, answer.value, answer.freshness, answer.stats].map(Object.isFrozen)).toEqual(Array(4).fill(true));
    expect({ ...answer }).toEqual(answer);
    const { ref: _ref, ...plain } = answer;
    expect(structuredClone(plain)).toEqual(plain);
    expect(JSON.parse(JSON.stringify(answer))).toMatchObject({ ref: ref.key, traceId: answer.traceId });
    // It looks like one that came from the vendor.
    const live = await nexus.get(ctx, { ...request, maxAgeMs: 0 });
    expect(Object.keys(answer).sort()).toEqual(Object.keys(live).sort());
    expect(Object.keys(answer.freshness).sort()).toEqual(Object.keys(live.freshness).sort());
    expect(Object.keys(answer.stats).sort()).toEqual(Object.keys(live.stats).sort());
  });

  it("is answered for a text and a vendor's id as for a ref", async () => {
    const { nexus, ctx, provider } = await warm();
    for (const text of [ref.key, "thing:1:north:a", ref.key]) {
      expect((await nexus.get(ctx, { ...request, ref: text })).freshness.source).toBe("memory");
    }
    expect(provider.requests).toHaveLength(1);
  });

  it("has the caller's trace id, or that of the running code, or one of its own", async () => {
    const traceId = createTraceId();
    let current: ReturnType<ReturnType<typeof fakeTelemetry>["currentTrace"]>;
    const { nexus, ctx } = await warm({ telemetry: fakeTelemetry({ currentTrace: () => current }) });
    const traced = ctx.withTraceparent(`00-${traceId}-00f067aa0ba902b7-01`);
    expect((await nexus.get(traced, request)).traceId).toBe(traceId);
    const own = await Promise.all(Array.from({ length: 100 }, () => nexus.get(ctx, request)));
    expect(new Set(own.map((answer) => answer.traceId)).size).toBe(100);
    for (const answer of own) expect(answer.traceId).toMatch(/^[0-9a-f]{32}$/);
    current = { traceId: createTraceId(), spanId: "00f067aa0ba902b7", sampled: true };
    expect((await nexus.get(ctx, request)).traceId).toBe(current.traceId);
    expect((await nexus.get(traced, request)).traceId).toBe(traceId);
  });

  it("says whether a newer observation is on its way", async () => {
    const provider = holdingProvider();
    const { nexus, ctx } = cachedKernel(provider);
    const first = nexus.get(ctx, request);
    await provider.whenCalled(1);
    provider.held[0]?.answer();
    await first;
    const live = nexus.get(ctx, { ...request, maxAgeMs: 0 });
    await provider.whenCalled(2);
    expect((await nexus.get(ctx, request)).freshness).toMatchObject({ source: "memory", refreshing: true });
    provider.held[1]?.answer();
    await live;
    await settled();
    expect((await nexus.get(ctx, request)).freshness).toMatchObject({ source: "memory", refreshing: false });
  });

  it("is asked anew after an action, an invalidation and a live read", async () => {
    const { nexus, ctx, provider } = await warm();
    const source = async () => (await nexus.get(ctx, request)).freshness.source;
    await nexus.act(ctx, { kind: Thing, ref, action: "polish" });
    expect([await source(), await source()]).toEqual(["live", "memory"]);
    await nexus.invalidate(ctx, { ref });
    expect([await source(), await source()]).toEqual(["live", "memory"]);
    const { value } = await nexus.get(ctx, { ...request, maxAgeMs: 0 });
    expect((await nexus.get(ctx, request)).value).toBe(value);
    expect(asked(provider)).toHaveLength(4);
  });

  it("knows a resource by what its ref says", async () => {
    const { nexus, ctx, provider } = await warm();
    const same: Ref = thingRef("a");
    expect(same).not.toBe(ref);
    for (let time = 0; time < 2; time += 1) {
      expect((await nexus.get(ctx, { ...request, ref: same })).freshness.source).toBe("memory");
    }
    expect(provider.requests).toHaveLength(1);
  });
});

describe("memory answers no get", () => {
  it("of who may not read there, from the very next one on", async () => {
    let denial: string | undefined;
    const { nexus, ctx } = await warm({ permission: { denial: () => denial } });
    denial = "Not any more.";
    const error = await failureOf(nexus.get(ctx, request));
    expect(error).toMatchObject({ code: "permission_denied", reason: "ErrPermissionDenied" });
    expect(error.message).toContain("Not any more.");
    denial = undefined;
    expect((await nexus.get(ctx, request)).freshness.source).toBe("memory");
  });

  it("of an account that is not there any more, or has another role or region since", async () => {
    const account: Account = { provider: "fake", partition: "-", account: "1", regions: ["north"], role: "reader" };
    let current: Account | undefined = account;
    const accounts = { list: async () => [], find: () => current };
    const { nexus, ctx, provider } = await warm({ accounts });
    current = undefined;
    expect((await failureOf(nexus.get(ctx, request))).reason).toBe("ErrUnknownAccount");
    current = { ...account, regions: ["south"] };
    expect((await failureOf(nexus.get(ctx, request))).reason).toBe("ErrUnknownRegion");
    // What another role saw is not this one's.
    current = { ...account, role: "auditor" };
    expect((await nexus.get(ctx, request)).freshness.source).toBe("live");
    expect(provider.requests.map(({ call }) => call.scope.role)).toEqual(["reader", "auditor"]);
    current = account;
    expect((await nexus.get(ctx, request)).freshness.source).toBe("memory");
  });

  it("by the plan of a provider that was replaced", async () => {
    const wide: GetCapability = { operations: ["get"], views: ["standard", "health"] };
    const before = fakeProvider({ capabilities: { freshness: advice, get: wide, getMany: undefined } });
    const after = fakeProvider({
      capabilities: { freshness: { maxAgeMs: 1_000 }, get: { ...wide, views: ["health"] }, getMany: undefined },
    });
    let current: typeof before | undefined = before;
    const providers = { current: () => current, list: () => (current === undefined ? [] : [current]) };
    const { nexus, ctx, clock } = cachedKernel(before, { providers });
    const unasked = { kind: Thing, ref };
    for (let time = 0; time < 2; time += 1) await nexus.get(ctx, unasked);
    current = after;
    // What is kept is as good as before; what is asked for is asked of the new one, as it declares it.
    expect((await nexus.get(ctx, unasked)).freshness.source).toBe("memory");
    clock.advance(5_000);
    const answer = await nexus.get(ctx, { ...unasked, maxAgeMs: 2_000 });
    expect(answer).toMatchObject({ view: "health", freshness: { source: "live" } });
    clock.advance(1_001);
    expect((await nexus.get(ctx, unasked)).freshness.source).toBe("live");
    expect([asked(before), asked(after)]).toEqual([["get a"], ["get a", "get a"]]);
    current = undefined;
    expect((await failureOf(nexus.get(ctx, unasked))).reason).toBe("ErrUnknownProvider");
  });

  it("of another tenant, for the same ref", async () => {
    const { nexus, ctx, provider } = await warm();
    const other = ctx.withTenant("other");
    expect((await nexus.get(other, request)).freshness.source).toBe("live");
    expect((await nexus.get(other, request)).freshness.source).toBe("memory");
    expect((await nexus.get(ctx, request)).freshness.source).toBe("memory");
    expect(provider.requests.map(({ call }) => call.scope.tenant)).toEqual(["default", "other"]);
  });

  it("whose call is over", async () => {
    const { nexus, ctx, clock, provider } = await warm();
    const canceled = ctx.withCancel();
    canceled.cancel();
    expect((await failureOf(nexus.get(canceled, request))).code).toBe("canceled");
    const overdue = ctx.withTimeout(10);
    expect((await nexus.get(overdue, request)).freshness.source).toBe("memory");
    clock.advance(10);
    expect((await failureOf(nexus.get(overdue, request))).code).toBe("deadline_exceeded");
    const aborted = AbortSignal.abort(new Error("left"));
    expect((await failureOf(nexus.get(ctx.withSignal(aborted), request))).code).toBe("canceled");
    expect(provider.requests).toHaveLength(1);
  });

  const mistakes: readonly (readonly [string, object])[] = [
    ["a field that is misspelled", { maxAge: 5 }],
    ["a field of another call", { refs: [ref] }],
    ["an age that is negative", { maxAgeMs: -1 }],
    ["an age that is no number", { maxAgeMs: Number.NaN }],
    ["an age that is null", { maxAgeMs: null }],
    ["an age in words", { maxAgeMs: "5s" }],
    ["a stale age that is negative", { staleWhileRevalidateMs: -1 }],
    ["another stale age that is negative", { staleIfErrorMs: -1 }],
    ["a view that there is not", { view: "everything" }],
  ];
  it.each(mistakes)("with %s", async (_what, mistake) => {
    const { nexus, ctx, provider } = await warm();
    const wrong = { ...request, ...mistake } as GetRequest<typeof Thing>;
    for (let time = 0; time < 2; time += 1) {
      expect((await failureOf(nexus.get(ctx, wrong))).reason).toBe("ErrInvalidRequest");
    }
    expect(provider.requests).toHaveLength(1);
  });

  it("of which somebody in JavaScript left out the context, the request or its parts", async () => {
    const { nexus, ctx } = await warm();
    const get = nexus.get as (...given: unknown[]) => Promise<unknown>;
    for (const given of [[], [ctx], [ctx, null], [request], [ctx, { ref }], [{}, request], [ctx, { kind: Thing }]]) {
      expect((await failureOf(get(...given))).code).toBe("invalid_argument");
    }
  });

  it("of another kind, for the same ref", async () => {
    const { nexus, ctx } = await warm();
    const other = { ...Thing, name: "test.Other" };
    expect((await failureOf(nexus.get(ctx, { ...request, kind: other }))).reason).toBe("ErrInvalidRef");
  });

  it("of a wider view than is kept, and any of a narrower one", async () => {
    const { nexus, ctx, provider } = await warm();
    expect((await nexus.get(ctx, { ...request, view: "state" })).freshness.source).toBe("memory");
    expect((await nexus.get(ctx, { ...request, view: "health" })).freshness.source).toBe("live");
    for (const view of ["health", "standard", "state"]) {
      for (let time = 0; time < 2; time += 1) {
        expect((await nexus.get(ctx, { ...request, view })).freshness.source).toBe("memory");
      }
    }
    expect(provider.requests).toHaveLength(2);
  });

  it("of a native body, which is never kept", async () => {
    const { nexus, ctx, provider } = await warm(
      {},
      { get: async () => ({ ...observationOf(ref), native: { id: 1 } }) },
    );
    const { native, freshness } = await nexus.get(ctx, { ...request, native: true });
    expect([native, freshness.source]).toEqual([{ id: 1 }, "live"]);
    // The rest of it is, without that body.
    expect(await nexus.get(ctx, { ...request, native: false })).not.toHaveProperty("native");
    expect(provider.requests).toHaveLength(2);
  });

  it("that has to be fresher than its source is", async () => {
    const lagging = async () => ({ ...observationOf(ref), sourceLagMs: 30_000 });
    const capabilities = {
      get: { operations: ["get"], views: ["standard"], sourceLagMs: 30_000 },
      getMany: { operations: ["getMany"], views: ["standard"], maxRefs: 10 },
    };
    const { nexus, ctx, provider } = await warm({}, { get: lagging, capabilities });
    expect((await nexus.get(ctx, request)).freshness.sourceLagMs).toBe(30_000);
    const failed = await failureOf(nexus.get(ctx, { ...request, maxAgeMs: 29_999 }));
    expect(failed.reason).toBe("ErrUnimplemented");
    expect(provider.requests).toHaveLength(1);
  });

  it("that has to be fresher than its source is declared to be, whether or not the answer says so", async () => {
    const get = { operations: ["get"], views: ["standard"], sourceLagMs: 30_000 };
    const { nexus, ctx, provider } = await warm({}, { capabilities: { get, getMany: undefined } });
    expect((await nexus.get(ctx, request)).freshness.sourceLagMs).toBe(30_000);
    expect((await failureOf(nexus.get(ctx, { ...request, maxAgeMs: 29_999 }))).reason).toBe("ErrUnimplemented");
    expect(provider.requests).toHaveLength(1);
  });

  it("by a directory that throws, and says what it threw", async () => {
    let broken = false;
    const denial = () => {
      if (broken) throw new TypeError("the directory is broken");
      return undefined;
    };
    const { nexus, ctx } = await warm({ permission: { denial } });
    broken = true;
    expect(await failureOf(nexus.get(ctx, request))).toMatchObject({ reason: "ErrUnexpected", operation: "get" });
  });

  it("by a kernel that was closed", async () => {
    const { nexus, ctx, provider } = await warm();
    await nexus.close();
    for (const like of [ref, ref.key]) {
      expect(await failureOf(nexus.get(ctx, { ...request, ref: like }))).toMatchObject({
        code: "canceled",
        origin: "kernel",
      });
    }
    expect(provider.requests).toHaveLength(1);
  });

  it("by a directory of accounts that answers later, and may fail later: nobody is left with its failure", async () => {
    const account: Account = { provider: "fake", partition: "-", account: "1", regions: "*", role: "reader" };
    let isDown = false;
    const find = async () => {
      if (isDown) throw new TypeError("the directory is down");
      return account;
    };
    const { nexus, ctx } = await warm({ accounts: { list: async () => [account], find } });
    isDown = true;
    // What is left behind would be an unhandled rejection, which fails this run.
    expect(await failureOf(nexus.get(ctx, request))).toMatchObject({ reason: "ErrUnexpected", operation: "get" });
  });
});
