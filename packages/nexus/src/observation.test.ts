import { background, type Observation, type Provider } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { failureOf, notFound, unavailable } from "../test/errors.ts";
import { fakeCache, fakeCredentials, fakeEvents } from "../test/fake-ports.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { pagesOf } from "../test/pages.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const ref = thingRef("a");

/** The ways to read `ref`, each with the error it comes to if the provider hands over `observation`. */
function readsOf(observation: unknown) {
  const state = observation as Observation<Thing>;
  const nexus = createNexus({
    providers: [
      fakeProvider({
        get: async () => state,
        getMany: async () => [{ ok: true, ref, state }],
        async *list() {
          yield { items: [state] };
        },
      }),
    ],
  });
  return [
    ["get", () => failureOf(nexus.get(ctx, { kind: Thing, ref }))],
    [
      "getMany",
      async () => {
        const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [ref] });
        return outcomes[0]?.ok === false ? outcomes[0].error : undefined;
      },
    ],
    ["list", () => failureOf(pagesOf(nexus.list(ctx, { kind: Thing })))],
  ] as const;
}

describe("what a provider hands over", () => {
  const wrong: { readonly what: string; readonly observation: unknown }[] = [
    { what: "nothing", observation: undefined },
    { what: "no ref", observation: { ...observationOf(ref), ref: undefined } },
    { what: "the text of a ref", observation: { ...observationOf(ref), ref: ref.key } },
    { what: "another account's resource", observation: observationOf(thingRef("a", { account: "2" })) },
    { what: "another region's resource", observation: observationOf(thingRef("a", { region: "south" })) },
    { what: "another provider's resource", observation: observationOf(thingRef("a", { provider: "other" })) },
    { what: "a narrower view", observation: observationOf(ref, { view: "state" }) },
    { what: "an unknown view", observation: observationOf(ref, { view: "everything" }) },
    { what: "no instant", observation: { ...observationOf(ref), observedAt: undefined } },
    { what: "an impossible instant", observation: observationOf(ref, { observedAt: Number.NaN }) },
  ];
  it.each(wrong)("is a fault if it is $what", async ({ observation }) => {
    for (const [read, failing] of readsOf(observation)) {
      const error = await failing();
      expect(error, read).toMatchObject({
        code: "internal",
        reason: "ErrProviderFault",
        origin: "plugin",
        provider: "fake",
      });
    }
  });

  it("is a fault if it is another resource of the same place", async () => {
    for (const [read, failing] of readsOf(observationOf(thingRef("b")))) {
      if (read === "list") continue;
      expect(await failing(), read).toMatchObject({ reason: "ErrProviderFault", ref: ref.key });
    }
  });

  it("is a fault if it throws anything but a CloudLinkError, whose message stays inside", async () => {
    const nexus = createNexus({
      providers: [fakeProvider({ get: () => Promise.reject(new TypeError("password hunter2")) })],
    });
    const error = await failureOf(nexus.get(ctx, { kind: Thing, ref }));
    expect(error).toMatchObject({ code: "internal", reason: "ErrProviderFault", provider: "fake" });
    expect(JSON.stringify(error)).not.toContain("hunter2");
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it("is a fault if a method throws before it gives a promise, or is missing although declared", async () => {
    const throwing = (name: "get" | "list"): Provider => {
      const provider = fakeProvider();
      const handler = {
        ...provider.kinds[0],
        kind: Thing,
        [name]: () => {
          throw new TypeError("broken");
        },
      };
      return { ...provider, kinds: [handler] };
    };
    for (const broken of [throwing("get"), { ...fakeProvider(), kinds: [{ kind: Thing }] }]) {
      const nexus = createNexus({ providers: [broken] });
      expect((await failureOf(nexus.get(ctx, { kind: Thing, ref }))).reason).toBe("ErrProviderFault");
    }
    for (const getMany of [{ operations: [], views: ["standard"], maxRefs: 9 }, undefined]) {
      const provider = fakeProvider({ capabilities: { getMany } });
      const nexus = createNexus({ providers: [{ ...provider, kinds: [{ kind: Thing }] }] });
      const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [ref] });
      expect(outcomes).toMatchObject([{ ok: false, error: { reason: "ErrProviderFault" } }]);
    }
    for (const broken of [throwing("list"), { ...fakeProvider(), kinds: [{ kind: Thing }] }]) {
      const nexus = createNexus({ providers: [broken] });
      expect((await failureOf(pagesOf(nexus.list(ctx, { kind: Thing })))).reason).toBe("ErrProviderFault");
    }
  });

  it("is frozen to its last part, and is the same object the provider made", async () => {
    const made = observationOf(ref, { value: { tags: { team: "x" } } });
    const nexus = createNexus({ providers: [fakeProvider({ get: async () => made })] });
    const { value } = await nexus.get(ctx, { kind: Thing, ref });
    expect(value).toBe(made.value);
    expect(Object.isFrozen(value) && Object.isFrozen(value.tags)).toBe(true);
  });
});

describe("the cache port", () => {
  const clock = createManualClock({ nowMs: 50_000 });
  const timed = background({ clock });

  it("is looked at only where an older answer will do, and never for a native body", async () => {
    const cache = fakeCache();
    const nexus = createNexus({ providers: [fakeProvider()], cache });
    await nexus.get(timed, { kind: Thing, ref });
    await nexus.get(timed, { kind: Thing, ref, maxAgeMs: 0 });
    await nexus.get(timed, { kind: Thing, ref, maxAgeMs: 9, native: true });
    await nexus.getMany(timed, { kind: Thing, refs: [ref] });
    expect(cache.looks).toEqual([]);
    await nexus.get(timed, { kind: Thing, ref, maxAgeMs: 2_000, view: "state" });
    await nexus.getMany(timed, { kind: Thing, refs: [ref], maxAgeMs: Number.POSITIVE_INFINITY });
    expect(cache.looks).toMatchObject([
      { ref, major: 1, view: "standard", observedFrom: 48_000 },
      { ref, major: 1, view: "standard", observedFrom: Number.NEGATIVE_INFINITY },
    ]);
  });

  it("answers without credentials or provider", async () => {
    const observation = observationOf(ref, { observedAt: 49_000, value: { state: "kept" } });
    const cache = fakeCache(() => ({ observation, source: "memory" }));
    const provider = fakeProvider();
    const credentials = fakeCredentials();
    const nexus = createNexus({ providers: [provider], cache, credentials });
    const answer = await nexus.get(timed, { kind: Thing, ref, maxAgeMs: 5_000 });
    expect(answer).toMatchObject({
      value: { state: "kept" },
      freshness: { source: "memory", observedAt: 49_000, ageMs: 1_000 },
    });
    expect(answer.stats.vendorCalls).toBe(0);
    expect(Object.isFrozen(answer.value.tags)).toBe(true);
    const { outcomes } = await nexus.getMany(timed, { kind: Thing, refs: [ref], maxAgeMs: 5_000 });
    expect(outcomes).toMatchObject([{ ok: true, state: { freshness: { source: "memory" } } }]);
    expect(provider.requests).toEqual([]);
    expect(credentials.taken).toEqual([]);
  });

  it("hears that a fill begins before the vendor is asked, and keeps what came, frozen and without its native body", async () => {
    const cache = fakeCache();
    const stepsAtTheVendor: string[][] = [];
    const see = async () => {
      stepsAtTheVendor.push([...cache.steps]);
      return { ...observationOf(ref), native: { adminPassword: "hunter2" } };
    };
    const events = fakeEvents();
    const provider = fakeProvider({ get: see, getMany: async () => [{ ok: true, ref, state: await see() }] });
    const nexus = createNexus({ providers: [provider], cache, events });
    await nexus.get(ctx, { kind: Thing, ref });
    await nexus.get(ctx, { kind: Thing, ref, native: true });
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [ref] });
    expect(stepsAtTheVendor).toEqual([
      ["begin"],
      ["begin", "store", "begin"],
      ["begin", "store", "begin", "store", "begin"],
    ]);
    expect(cache.steps).toHaveLength(6);
    for (const kept of [...cache.stored, ...events.published.map(({ observation }) => observation)]) {
      expect(Object.isFrozen(kept) && Object.isFrozen(kept?.value)).toBe(true);
      expect(kept).not.toHaveProperty("native");
    }
    expect(JSON.stringify([cache.stored, events.published, outcomes])).not.toContain("hunter2");
    expect(events.published).toMatchObject(
      Array.from({ length: 3 }, () => ({
        type: "observed",
        kind: "test.Thing",
        ref: ref.key,
        scope: { account: "1", region: "north" },
      })),
    );
  });

  it("keeps nothing of what failed or was not what it should be", async () => {
    for (const get of [
      () => Promise.reject(notFound()),
      () => Promise.reject(new TypeError("broken")),
      async () => observationOf(thingRef("b")),
    ]) {
      const cache = fakeCache();
      const events = fakeEvents();
      const nexus = createNexus({
        providers: [fakeProvider({ get, capabilities: { getMany: undefined } })],
        cache,
        events,
      });
      await failureOf(nexus.get(ctx, { kind: Thing, ref }));
      await nexus.getMany(ctx, { kind: Thing, refs: [ref] });
      expect(cache.steps).toEqual(["begin", "begin"]);
      expect(events.published.filter(({ type }) => type === "observed")).toEqual([]);
    }
  });

  it("has one fill a read, tries included", async () => {
    const clock = createManualClock();
    const cache = fakeCache();
    const outcomes = [() => Promise.reject(unavailable()), async () => observationOf(ref)];
    const provider = fakeProvider({
      get: () => (outcomes.shift() ?? outcomes[0])?.() ?? Promise.reject(unavailable()),
    });
    const reading = createNexus({ providers: [provider], cache }).get(background({ clock }), { kind: Thing, ref });
    await clock.whenPending(2);
    clock.advanceToNext();
    await reading;
    expect(cache.steps).toEqual(["begin", "store"]);
  });
});

describe("permission", () => {
  it("is asked before cache, accounts, credentials and provider, with what is about to be done", async () => {
    const asked: unknown[] = [];
    const permission = {
      denial: (_ctx: unknown, request: unknown) => {
        asked.push(request);
        return "Ask the owner of account 1.";
      },
    };
    const cache = fakeCache();
    const credentials = fakeCredentials();
    const provider = fakeProvider();
    const looked: unknown[] = [];
    const accounts = { list: async () => [], find: (_ctx: unknown, request: unknown) => void looked.push(request) };
    const nexus = createNexus({ providers: [provider], cache, credentials, accounts, permission });
    const error = await failureOf(nexus.get(ctx, { kind: Thing, ref, maxAgeMs: 9_000 }));
    expect(error).toMatchObject({ code: "permission_denied", origin: "kernel", provider: "fake", ref: ref.key });
    expect(error.message).toContain("Ask the owner of account 1.");
    expect(asked).toEqual([{ action: "get", kind: "test.Thing", provider: "fake", partition: "-", account: "1" }]);
    expect([...cache.steps, ...credentials.taken, ...provider.requests, ...looked]).toEqual([]);
  });

  it("that fails to decide lets nobody through", async () => {
    const provider = fakeProvider();
    const permission = {
      denial: () => {
        throw new TypeError("no policy");
      },
    };
    const nexus = createNexus({ providers: [provider], permission });
    expect((await failureOf(nexus.get(ctx, { kind: Thing, ref }))).reason).toBe("ErrUnexpected");
    expect(provider.requests).toEqual([]);
  });
});

describe("a capability that is not declared", () => {
  it("is never called, although the method exists", async () => {
    const provider = fakeProvider({ capabilities: { get: undefined, getMany: undefined, list: undefined } });
    const nexus = createNexus({ providers: [provider] });
    expect(await failureOf(nexus.get(ctx, { kind: Thing, ref }))).toMatchObject({
      code: "unimplemented",
      provider: "fake",
    });
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [ref] });
    expect(outcomes).toMatchObject([{ ok: false, error: { code: "unimplemented" } }]);
    expect((await failureOf(pagesOf(nexus.list(ctx, { kind: Thing })))).code).toBe("unimplemented");
    expect(provider.requests.filter(({ method }) => method !== "identify")).toEqual([]);
  });

  it("getMany is answered by get", async () => {
    const provider = fakeProvider({ capabilities: { getMany: undefined } });
    const nexus = createNexus({ providers: [provider] });
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [ref, thingRef("b")] });
    expect(outcomes.map(({ ok, ref: each }) => [ok, each.id])).toEqual([
      [true, "a"],
      [true, "b"],
    ]);
    expect(provider.requests.map(({ method }) => method)).toEqual(["get", "get"]);
  });
});
