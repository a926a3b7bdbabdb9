import { background, type Outcome, type Ref } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { failureOf, notFound } from "../test/errors.ts";
import { fakeEvents } from "../test/fake-ports.ts";
import { fakeProvider, untilAborted } from "../test/fake-provider.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const north = ["a", "b", "c", "d", "e"].map((id) => thingRef(id));

function describeOutcome(outcome: Outcome<unknown>): readonly string[] {
  return [outcome.ref.id, outcome.ok ? "ok" : outcome.error.reason];
}

describe("getMany", () => {
  it("gives an outcome per ref in the request's order, duplicates and the vendor's own ids among them", async () => {
    const provider = fakeProvider({
      getMany: async (_call, { refs }) =>
        [...refs].reverse().map((ref) => ({ ok: true, ref, state: observationOf(ref) })),
    });
    const refs = [thingRef("b"), "thing:1:north:a", thingRef("b"), thingRef("c").key];
    const { outcomes, stats } = await createNexus({ providers: [provider] }).getMany(ctx, { kind: Thing, refs });
    expect(outcomes.map(({ ref }) => ref.id)).toEqual(["b", "a", "b", "c"]);
    expect(outcomes.map((outcome) => outcome.ok && outcome.state.value.id)).toEqual(["b", "a", "b", "c"]);
    expect(provider.requests.map(({ call: _call, ...rest }) => rest)).toMatchObject([
      { method: "getMany", request: { refs: [{ id: "b" }, { id: "a" }, { id: "c" }], view: "standard" } },
    ]);
    expect(stats.vendorCalls).toBe(1);
  });

  it("asks nothing for no refs", async () => {
    const provider = fakeProvider();
    const { outcomes } = await createNexus({ providers: [provider] }).getMany(ctx, { kind: Thing, refs: [] });
    expect([outcomes, provider.requests]).toEqual([[], []]);
  });

  it("sends the refs of each scope together, and no more at once than the provider takes", async () => {
    const getMany = { operations: ["getMany"], views: ["standard"], maxRefs: 2 };
    const provider = fakeProvider({ capabilities: { getMany } });
    const refs = [...north, thingRef("x", { region: "south" }), thingRef("y", { account: "2" })];
    const { outcomes } = await createNexus({ providers: [provider] }).getMany(ctx, { kind: Thing, refs });
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    const sent = provider.requests.map(({ call: { scope }, ...rest }) => [
      scope.account,
      scope.region,
      (rest as { request: { refs: readonly Ref[] } }).request.refs.map(({ id }) => id).join(""),
    ]);
    expect(sent).toEqual([
      ["1", "north", "ab"],
      ["1", "north", "cd"],
      ["1", "north", "e"],
      ["1", "south", "x"],
      ["2", "north", "y"],
    ]);
  });

  it("runs no more batches at once than the kernel's concurrency, and that many", async () => {
    const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
    let running = 0;
    let most = 0;
    let calls = 0;
    const provider = fakeProvider({
      capabilities: { getMany: undefined },
      get: async (_call, { ref }) => {
        const gate = gates[calls];
        calls += 1;
        running += 1;
        most = Math.max(most, running);
        await gate?.promise;
        running -= 1;
        return observationOf(ref);
      },
    });
    const refs = Array.from({ length: 6 }, (_, index) => thingRef(`t${index}`));
    const many = createNexus({ providers: [provider], concurrency: 3 }).getMany(ctx, { kind: Thing, refs });
    for (const [index, gate] of gates.entries()) {
      await provider.whenCalled(Math.min(6, index + 3));
      gate.resolve();
    }
    expect((await many).outcomes.every(({ ok }) => ok)).toBe(true);
    expect(most).toBe(3);
  });

  it("lets one batch that fails spoil no other", async () => {
    const getMany = { operations: ["getMany"], views: ["standard"], maxRefs: 1 };
    const provider = fakeProvider({
      capabilities: { getMany },
      getMany: async (_call, { refs }) => {
        if (refs[0]?.id === "b") throw new TypeError("broken");
        return refs.map((ref) => ({ ok: true, ref, state: observationOf(ref) }));
      },
    });
    const { outcomes } = await createNexus({ providers: [provider] }).getMany(ctx, { kind: Thing, refs: north });
    expect(outcomes.map(describeOutcome)).toEqual([
      ["a", "ok"],
      ["b", "ErrProviderFault"],
      ["c", "ok"],
      ["d", "ok"],
      ["e", "ok"],
    ]);
  });

  it("takes for a fault of that ref alone what a provider leaves out, mixes up or fails in its own way", async () => {
    const events = fakeEvents();
    const [a, b, c, d, e] = north as [Ref, Ref, Ref, Ref, Ref];
    const provider = fakeProvider({
      getMany: async () => [
        { ok: true, ref: a, state: observationOf(a) },
        { ok: true, ref: b, state: observationOf(a) },
        { ok: false, ref: c, error: new TypeError("broken") as never },
        { ok: false, ref: d, error: notFound() },
        { ok: true, ref: thingRef("never asked"), state: observationOf(thingRef("never asked")) },
      ],
    });
    const nexus = createNexus({ providers: [provider], events });
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [a, b, c, d, e] });
    expect(outcomes.map(describeOutcome)).toEqual([
      ["a", "ok"],
      ["b", "ErrProviderFault"],
      ["c", "ErrProviderFault"],
      ["d", "ErrResourceNotFound"],
      ["e", "ErrProviderFault"],
    ]);
    for (const outcome of outcomes) {
      if (!outcome.ok)
        expect(outcome.error).toMatchObject({ provider: "fake", operation: "getMany", ref: outcome.ref.key });
    }
    expect(events.published.map(({ type, ref }) => [type, ref])).toEqual([
      ["observed", a.key],
      ["absent", d.key],
    ]);
  });

  it.each([undefined, null, [undefined], 7])(
    "takes %s in place of outcomes for a fault of every ref",
    async (given) => {
      const provider = fakeProvider({ getMany: async () => given as never });
      const { outcomes } = await createNexus({ providers: [provider] }).getMany(ctx, {
        kind: Thing,
        refs: north.slice(0, 2),
      });
      expect(outcomes.map(describeOutcome)).toEqual([
        ["a", "ErrProviderFault"],
        ["b", "ErrProviderFault"],
      ]);
    },
  );

  it("is answered by get, ref by ref, where the provider takes no batches", async () => {
    const events = fakeEvents();
    const provider = fakeProvider({
      capabilities: { getMany: undefined },
      get: async (_call, { ref, view }) => {
        if (ref.id === "b") throw notFound();
        return observationOf(ref, { view });
      },
    });
    const nexus = createNexus({ providers: [provider], events });
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: north.slice(0, 3), view: "health" });
    expect(outcomes.map(describeOutcome)).toEqual([
      ["a", "ok"],
      ["b", "ErrResourceNotFound"],
      ["c", "ok"],
    ]);
    expect(provider.requests.map(({ method }) => method)).toEqual(["get", "get", "get"]);
    expect(events.published.filter(({ type }) => type === "absent")).toMatchObject([{ ref: thingRef("b").key }]);
  });

  it("makes outcomes of what concerns one ref: permission, kind, provider, account and region", async () => {
    const accounts = ["1", "2"].map((account) => ({
      provider: "fake",
      partition: "-",
      account,
      regions: ["north"],
      role: "reader",
    }));
    const permission = {
      denial: (_ctx: unknown, { account }: { account: string }) => (account === "2" ? "No." : undefined),
    };
    const nexus = createNexus({ providers: [fakeProvider()], accounts, permission });
    const refs = [
      thingRef("a"),
      thingRef("a", { account: "2" }),
      thingRef("a", { account: "3" }),
      thingRef("a", { region: "south" }),
      thingRef("a", { provider: "other" }),
      "fake/-/1/north/test.Other/a",
    ];
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs });
    expect(outcomes.map((outcome) => outcome.ok || outcome.error.reason)).toEqual([
      true,
      "ErrPermissionDenied",
      "ErrUnknownAccount",
      "ErrUnknownRegion",
      "ErrUnknownProvider",
      "ErrInvalidRef",
    ]);
  });

  it("rejects for what concerns the whole request, before anything is asked", async () => {
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider] });
    expect((await failureOf(nexus.getMany(ctx, { kind: Thing, refs: [thingRef("a"), "nonsense"] }))).reason).toBe(
      "ErrInvalidRef",
    );
    expect((await failureOf(nexus.getMany(ctx, { kind: Thing, refs: [], maxAgeMs: -1 }))).reason).toBe(
      "ErrInvalidRequest",
    );
    expect(provider.requests).toEqual([]);
  });

  it("keeps what had come when the caller leaves, and declares the rest canceled", async () => {
    const provider = fakeProvider({
      getMany: async (call, { refs }) => {
        if (call.scope.region === "south") return await untilAborted(call);
        return refs.map((ref) => ({ ok: true, ref, state: observationOf(ref) }));
      },
    });
    const canceled = ctx.withCancel();
    const refs = [thingRef("a"), thingRef("b", { region: "south" })];
    const many = createNexus({ providers: [provider], concurrency: 1 }).getMany(canceled, { kind: Thing, refs });
    await provider.whenCalled(2);
    canceled.cancel();
    expect((await many).outcomes.map(describeOutcome)).toEqual([
      ["a", "ok"],
      ["b", "ErrCanceled"],
    ]);
  });

  it("finds the accounts of many refs side by side, and batches them the same however long each takes", async () => {
    const gates = new Map<string, PromiseWithResolvers<void>>();
    const asked = Promise.withResolvers<void>();
    const accounts = {
      list: async () => [],
      find: async (_ctx: unknown, place: { provider: string; partition: string; account: string }) => {
        const gate = Promise.withResolvers<void>();
        gates.set(place.account, gate);
        if (gates.size === 3) asked.resolve();
        await gate.promise;
        return { ...place, regions: "*" as const, role: "reader" };
      },
    };
    const provider = fakeProvider();
    const refs = ["1", "2", "3"].map((account) => thingRef("a", { account }));
    const many = createNexus({ providers: [provider], accounts, concurrency: 3 }).getMany(ctx, { kind: Thing, refs });
    await asked.promise;
    for (const account of ["3", "1", "2"]) gates.get(account)?.resolve();
    expect((await many).outcomes.every(({ ok }) => ok)).toBe(true);
    expect(provider.requests.map(({ call }) => call.scope.account)).toEqual(["1", "2", "3"]);
  });
});
