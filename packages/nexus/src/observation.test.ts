import { background, type Observation, type Provider } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { failureOf } from "../test/errors.ts";
import { fakeCache, fakeCredentials } from "../test/fake-ports.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { pagesOf } from "../test/pages.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const ref = thingRef("a");
/** What comes of the reads below when nothing is wrong with it: their clock stands still. */
const still = background({ clock: createManualClock({ nowMs: 500_000 }) });
const now = observationOf(ref, { observedAt: 500_000 });

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
    ["get", () => failureOf(nexus.get(still, { kind: Thing, ref }))],
    [
      "getMany",
      async () => {
        const { outcomes } = await nexus.getMany(still, { kind: Thing, refs: [ref] });
        return outcomes[0]?.ok === false ? outcomes[0].error : undefined;
      },
    ],
    ["list", () => failureOf(pagesOf(nexus.list(still, { kind: Thing })))],
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
    { what: "an instant long before the call", observation: observationOf(ref, { observedAt: 440_000 }) },
    { what: "an instant that is yet to come", observation: observationOf(ref, { observedAt: 4_100_000 }) },
    { what: "no value", observation: { ...now, value: undefined } },
    { what: "the value null", observation: { ...now, value: null } },
    { what: "a text for a value", observation: { ...now, value: "running" } },
    { what: "a lag that is none", observation: { ...now, sourceLagMs: Number.NaN } },
    { what: "a lag below zero", observation: { ...now, sourceLagMs: -1 } },
    { what: "a lag without end", observation: { ...now, sourceLagMs: Number.POSITIVE_INFINITY } },
    { what: "a lag that is a text", observation: { ...now, sourceLagMs: "1s" } },
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

  it("is taken within a second of the call by the clock, for a provider may go by another host's", async () => {
    const clock = createManualClock({ nowMs: 100_000 });
    const readAt = async (observedAt: number) => {
      const get = async () => {
        clock.advance(500);
        return observationOf(ref, { observedAt });
      };
      const nexus = createNexus({ providers: [fakeProvider({ get })] });
      clock.setWall(100_000);
      return await nexus.get(background({ clock }), { kind: Thing, ref }).then(
        ({ freshness }) => freshness.ageMs,
        ({ reason, message }) => [reason, message],
      );
    };
    expect(await readAt(99_000)).toBe(1_500);
    expect(await readAt(101_500)).toBe(0);
    expect(await readAt(98_999)).toEqual([
      "ErrProviderFault",
      expect.stringContaining("1001 ms before the call began"),
    ]);
    expect(await readAt(101_501)).toEqual(["ErrProviderFault", expect.stringContaining("1001 ms from now")]);
  });

  it("is no fault if the wall clock is set while the call runs", async () => {
    for (const wall of [1_000, 9_000_000]) {
      for (const setFirst of [true, false]) {
        const clock = createManualClock({ nowMs: 500_000 });
        const get = async () => {
          clock.advance(10);
          if (setFirst) clock.setWall(wall);
          const seen = observationOf(ref, { observedAt: clock.nowMs() });
          if (!setFirst) clock.setWall(wall);
          clock.advance(10);
          return seen;
        };
        const nexus = createNexus({ providers: [fakeProvider({ get })] });
        expect((await nexus.get(background({ clock }), { kind: Thing, ref })).value.id).toBe("a");
      }
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
