import { type Account, background, CloudLinkError, createScope, type LimitDeclaration } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { createNexus } from "../src/index.ts";
import { failureOf, notFound, throttled, unavailable } from "./errors.ts";
import { fakeCache, fakeCredentials, fakeEvents } from "./fake-ports.ts";
import { fakeProvider, untilAborted } from "./fake-provider.ts";
import { onePerPage, pagedList } from "./paged-list.ts";
import { listedIds, pagesOf } from "./pages.ts";
import { observationOf, Thing, thingRef } from "./thing.ts";

/** The kernel's side of docs/meanings.md; where a cache has a side too, a fake port stands in for it. */
describe("the kernel's side of the meanings", () => {
  const ref = thingRef("a");

  it("Meaning 1: everything of a call is in one scope, told apart by tenant, account, role and region", async () => {
    const directory = {
      list: async () => [],
      find: (ctx: { tenant: string }, place: { provider: string; partition: string; account: string }): Account => ({
        ...place,
        regions: "*",
        role: ctx.tenant === "narrow" ? "reader" : "admin",
      }),
    };
    const cache = fakeCache();
    const events = fakeEvents();
    const credentials = fakeCredentials();
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider], accounts: directory, cache, events, credentials });
    const reads = [
      ["narrow", ref],
      ["broad", ref],
      ["broad", thingRef("a", { account: "2" })],
      ["broad", thingRef("a", { region: "south" })],
    ] as const;
    for (const [tenant, each] of reads)
      await nexus.get(background().withTenant(tenant), { kind: Thing, ref: each, maxAgeMs: 1 });
    const keys = reads.map(([tenant, { provider: name, partition, account, region }]) => {
      const role = tenant === "narrow" ? "reader" : "admin";
      return createScope({ tenant, provider: name, partition, account, role, region }).key;
    });
    expect(new Set(keys).size).toBe(4);
    expect(cache.looks.map(({ scope }) => scope.key)).toEqual(keys);
    expect(credentials.taken.map(({ scope }) => scope.key)).toEqual(keys);
    expect(events.published.map(({ scope }) => scope.key)).toEqual(keys);
    expect(provider.requests.map(({ call }) => [call.scope.key, call.lease.scope.key])).toEqual(
      keys.map((key) => [key, key]),
    );
  });

  it("Meaning 1: a batch never holds refs of two scopes", async () => {
    const provider = fakeProvider();
    const refs = ["1", "2"].flatMap((account) =>
      ["north", "south"].map((region) => thingRef("a", { account, region })),
    );
    await createNexus({ providers: [provider] }).getMany(background(), { kind: Thing, refs: [...refs, ...refs] });
    for (const asked of provider.requests) {
      if (asked.method !== "getMany") continue;
      const { account, region } = asked.call.scope;
      expect(asked.request.refs.map((each) => [each.account, each.region])).toEqual([[account, region]]);
    }
    expect(provider.requests).toHaveLength(4);
  });

  it("Meaning 2: tenants that share an account share what its limit has for retries", async () => {
    const clock = createManualClock();
    const limit: LimitDeclaration = {
      name: "reads",
      dimensions: ["account"],
      operations: ["get"],
      burst: 1,
      refillPerSecond: 1,
    };
    const provider = fakeProvider({ metadata: { limits: [limit] }, get: () => Promise.reject(throttled(1)) });
    const nexus = createNexus({ providers: [provider], limits: { of: () => "none" } });
    const failing = async (tenant: string) => {
      const before = provider.requests.length;
      let over = false;
      const done = failureOf(nexus.get(background({ clock }).withTenant(tenant), { kind: Thing, ref })).then(() => {
        over = true;
      });
      while (!over) {
        await Promise.race([clock.whenPending(3), done]);
        if (clock.pendingTimers === 3) clock.advanceToNext();
      }
      return provider.requests.length - before;
    };
    // 500 units at 5 a retry of a throttle.
    for (let call = 0; call < 50; call += 1) expect(await failing("noisy")).toBe(3);
    expect(await failing("quiet")).toBe(1);
  });

  it("Meaning 3: maxAgeMs 0 looks at no entry, and observedAt is the provider's, not the answer's", async () => {
    const clock = createManualClock({ nowMs: 100_000 });
    const cache = fakeCache();
    const provider = fakeProvider({
      get: async (call) => {
        const observedAt = call.ctx.clock.nowMs();
        clock.advance(250);
        return observationOf(ref, { observedAt });
      },
    });
    const nexus = createNexus({ providers: [provider], cache });
    const live = await nexus.get(background({ clock }), { kind: Thing, ref, maxAgeMs: 0 });
    expect(live.freshness).toEqual({ source: "live", observedAt: 100_000, ageMs: 250, refreshing: false });
    expect(cache.steps).not.toContain("look");
    await nexus.get(background({ clock }), { kind: Thing, ref, maxAgeMs: 400 });
    expect(cache.looks.at(-1)).toMatchObject({ maxAgeMs: 400, staleMs: 0, nowMs: clock.monotonicMs() - 250 });
  });

  it("Meaning 3: a source that lags says so on the answer", async () => {
    const get = async () => ({ ...observationOf(ref), sourceLagMs: 30_000 });
    const nexus = createNexus({ providers: [fakeProvider({ get })] });
    const { freshness } = await nexus.get(background(), { kind: Thing, ref, maxAgeMs: 30_000 });
    expect(freshness.sourceLagMs).toBe(30_000);
  });

  it("Meaning 3: a source that lags never serves a read that has to be fresher, live or kept", async () => {
    const still = background({ clock: createManualClock({ nowMs: 500_000 }) });
    const lagging = { ...observationOf(ref, { observedAt: 500_000 }), sourceLagMs: 30_000 };
    const cache = fakeCache(() => ({ observation: lagging, source: "memory" }));
    const provider = fakeProvider({ get: async () => lagging, capabilities: { getMany: undefined } });
    for (const settings of [{ providers: [provider] }, { providers: [provider], cache }]) {
      const nexus = createNexus(settings);
      for (const maxAgeMs of [0, 29_999]) {
        const error = await failureOf(nexus.get(still, { kind: Thing, ref, maxAgeMs }));
        expect(error).toMatchObject({ reason: "ErrProviderFault", provider: "fake" });
        const { outcomes } = await nexus.getMany(still, { kind: Thing, refs: [ref], maxAgeMs });
        expect(outcomes).toMatchObject([{ ok: false, error: { reason: "ErrProviderFault" } }]);
      }
      expect((await nexus.get(still, { kind: Thing, ref, maxAgeMs: 30_000 })).freshness.sourceLagMs).toBe(30_000);
    }
    expect(cache.stored).toEqual([]);
  });

  it("Meaning 4: a cache is asked for the view that is needed, and filled with the view that came", async () => {
    const cache = fakeCache();
    const provider = fakeProvider({ get: async () => observationOf(ref, { view: "health" }) });
    const nexus = createNexus({ providers: [provider], cache });
    const answer = await nexus.get(background(), { kind: Thing, ref, maxAgeMs: 5, view: "state" });
    expect(cache.looks).toMatchObject([{ fromView: Thing.views.indexOf("state") }]);
    expect(cache.stored).toMatchObject([{ view: "health" }]);
    expect(answer.view).toBe("health");
  });

  it("Meaning 5: absence is told, and never stored as a state", async () => {
    const cache = fakeCache();
    const events = fakeEvents();
    const provider = fakeProvider({ get: () => Promise.reject(notFound()) });
    const nexus = createNexus({ providers: [provider], cache, events });
    expect((await failureOf(nexus.get(background(), { kind: Thing, ref }))).code).toBe("not_found");
    expect(cache.stored).toEqual([]);
    expect(cache.steps).toEqual(["begin", "absent"]);
    expect(events.published.map(({ type, ref: key }) => [type, key])).toEqual([["absent", ref.key]]);
  });

  it("Meaning 6: a flight has a budget of its own, and each who waits leaves by its own deadline", async () => {
    const clock = createManualClock();
    const answered = Promise.withResolvers<void>();
    const provider = fakeProvider({
      async get({ ctx }) {
        await answered.promise;
        ctx.throwIfDone();
        return observationOf(ref);
      },
    });
    const nexus = createNexus({ providers: [provider] });
    const ctx = background({ clock });
    const hurried = failureOf(nexus.get(ctx.withTimeout(100), { kind: Thing, ref }));
    const patient = nexus.get(ctx.withTimeout(1_000), { kind: Thing, ref });
    await provider.whenCalled(1);
    expect(provider.requests[0]?.call.ctx.remainingMs()).toBe(10_000);
    clock.advance(100);
    expect((await hurried).code).toBe("deadline_exceeded");
    expect(provider.requests[0]?.call.ctx.error()).toBeUndefined();
    answered.resolve();
    expect((await patient).value.id).toBe(ref.id);
    expect(provider.requests).toHaveLength(1);
  });

  it("Meaning 7: a fill begins before the vendor is asked, so that an invalidation in between is seen", async () => {
    const cache = fakeCache();
    const provider = fakeProvider({
      get: async () => {
        expect(cache.steps).toEqual(["begin"]);
        return observationOf(ref);
      },
    });
    await createNexus({ providers: [provider], cache }).get(background(), { kind: Thing, ref });
    expect(cache.steps).toEqual(["begin", "store"]);
  });

  it("Meaning 8: there is a default deadline of 10 s, and a caller's is never lengthened", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ get: untilAborted });
    const nexus = createNexus({ providers: [provider] });
    const byDefault = failureOf(nexus.get(background({ clock }), { kind: Thing, ref }));
    const byCaller = failureOf(nexus.get(background({ clock }).withTimeout(20), { kind: Thing, ref }));
    await provider.whenCalled(1);
    clock.advance(20);
    expect((await byCaller).code).toBe("deadline_exceeded");
    clock.advance(9_980);
    expect((await byDefault).code).toBe("deadline_exceeded");
  });

  it("Meaning 9: an error has code, reason, origin, advice and trace id, and nothing of what a vendor's library threw", async () => {
    const secret = "AKIA-very-secret";
    const thrown = Object.assign(new TypeError(`key ${secret}`), { config: { secret } });
    const nexus = createNexus({ providers: [fakeProvider({ get: () => Promise.reject(thrown) })] });
    const error = await failureOf(nexus.get(background(), { kind: Thing, ref }));
    expect(error.toJSON()).toMatchObject({
      code: "internal",
      reason: "ErrProviderFault",
      origin: "plugin",
      retry: { retryable: false },
      provider: "fake",
      operation: "get",
      ref: ref.key,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(`${JSON.stringify(error)} ${error.message} ${error.stack}`).not.toContain(secret);
  });

  it("Meaning 9: the error of a vendor is its own: code, advice and details pass through", async () => {
    const clock = createManualClock();
    const details = { requestId: "r-1" };
    const given = new CloudLinkError({ ...throttled(60_000).toJSON(), details });
    const nexus = createNexus({ providers: [fakeProvider({ get: () => Promise.reject(given) })] });
    const error = await failureOf(nexus.get(background({ clock }), { kind: Thing, ref }));
    expect(error).toMatchObject({ code: "resource_exhausted", retry: { retryable: true, afterMs: 60_000 }, details });
  });

  it("Meaning 10: a vendor's id is taken wherever a ref is, and answers name the ref", async () => {
    const nexus = createNexus({ providers: [fakeProvider()] });
    const { outcomes } = await nexus.getMany(background(), { kind: Thing, refs: ["thing:1:north:a", ref, ref.key] });
    expect(outcomes.map((outcome) => [outcome.ok, outcome.ref.key])).toEqual(
      Array.from({ length: 3 }, () => [true, ref.key]),
    );
  });

  it("Meaning 11: a value is frozen before any port or caller sees it; a native body is redacted, and kept from every port", async () => {
    const cache = fakeCache();
    const get = async () => ({ ...observationOf(ref), native: { Password: "hunter2" } });
    const provider = fakeProvider({ get, capabilities: { sensitive: ["Password"] } });
    const nexus = createNexus({ providers: [provider], cache });
    const answer = await nexus.get(background(), { kind: Thing, ref, native: true });
    expect(answer.native).toEqual({ Password: "[redacted]" });
    expect(cache.frozen).toEqual([true]);
    expect(cache.stored[0]?.value).toBe(answer.value);
    expect(cache.stored[0]).not.toHaveProperty("native");
  });

  it("Meaning 13: a page token goes on only for its tenant and request, and only unaltered", async () => {
    const list = pagedList({ pagesOf: () => onePerPage("a", 2) });
    const nexus = createNexus({ providers: [fakeProvider({ list })] });
    const ctx = background().withTenant("acme");
    const pageToken = (await pagesOf(nexus.list(ctx, { kind: Thing })))[0]?.nextPageToken ?? "";
    expect(await listedIds(nexus.list(ctx, { kind: Thing, pageToken }))).toEqual(["a-1"]);
    for (const reading of [
      nexus.list(ctx.withTenant("other"), { kind: Thing, pageToken }),
      nexus.list(ctx, { kind: Thing, regions: ["north"], pageToken }),
      nexus.list(ctx, { kind: Thing, pageToken: `${pageToken}x` }),
    ]) {
      expect((await failureOf(pagesOf(reading))).reason).toBe("ErrInvalidPageToken");
    }
  });

  it("Meaning 14: what is not declared is unimplemented, and its method is never looked for", async () => {
    const provider = fakeProvider({ capabilities: { get: undefined, getMany: undefined, list: undefined } });
    const touched: PropertyKey[] = [];
    const handler = new Proxy(provider.kinds[0] ?? { kind: Thing }, {
      get(target, name, receiver) {
        if (name !== "kind") touched.push(name);
        return Reflect.get(target, name, receiver) as unknown;
      },
    });
    const nexus = createNexus({ providers: [{ ...provider, kinds: [handler] }] });
    expect((await failureOf(nexus.get(background(), { kind: Thing, ref }))).code).toBe("unimplemented");
    const { outcomes } = await nexus.getMany(background(), { kind: Thing, refs: [ref] });
    expect(outcomes).toMatchObject([{ ok: false, error: { code: "unimplemented" } }]);
    expect((await failureOf(pagesOf(nexus.list(background(), { kind: Thing })))).code).toBe("unimplemented");
    expect(touched).toEqual([]);
  });

  it("Meaning 14: a provider is never asked again by itself: only the kernel repeats, and only what may pass", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ get: () => Promise.reject(unavailable()) });
    const failed = failureOf(createNexus({ providers: [provider] }).get(background({ clock }), { kind: Thing, ref }));
    for (let retry = 0; retry < 2; retry += 1) {
      await clock.whenPending(3);
      clock.advanceToNext();
    }
    expect((await failed).code).toBe("unavailable");
    const callIds = provider.requests.map(({ call }) => call.ctx.callId);
    expect(new Set(callIds).size).toBe(3);
  });
});
