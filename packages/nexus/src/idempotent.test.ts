import { background, CloudLinkError, type IdempotencyStore } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { failureOf, unavailable } from "../test/errors.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";
import { createMemoryIdempotencyStore } from "./memory-idempotency-store.ts";

const ctx = background();
const shake = { kind: Thing, ref: thingRef("a"), action: "shake", idempotencyKey: "k" } as const;

describe("Meaning 8: an idempotency key", () => {
  it("has its action carried out once, and whoever comes again gets the same operation", async () => {
    const provider = fakeProvider({ act: async () => ({ state: "running", token: "t", pollAfterMs: 500 }) });
    const nexus = createNexus({ providers: [provider] });
    const request = { ...shake, action: "polish" } as const;
    const first = await nexus.act(ctx, request);
    const again = await nexus.act(ctx, request);
    expect([first.replayed, again.replayed]).toEqual([false, true]);
    expect(again).toMatchObject({ idempotencyKey: "k", action: "polish", status: first.status });
    expect(again.stats.vendorCalls).toBe(0);
    expect(await again.refresh(ctx)).toEqual({ state: "done" });
    expect(provider.requests.map(({ method }) => method)).toEqual(["act", "follow"]);
  });

  it("is handed to the vendor, and without one every call is a wish of its own", async () => {
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider] });
    await nexus.act(ctx, shake);
    const { idempotencyKey: _, ...bare } = shake;
    await nexus.act(ctx, bare);
    await nexus.act(ctx, bare);
    const keys = provider.requests.map((each) => each.method === "act" && each.request.idempotencyKey);
    expect(keys[0]).toBe("k");
    expect(new Set(keys).size).toBe(3);
  });

  it.each([
    ["resource", { ref: thingRef("b") }],
    ["action", { action: "polish" }],
  ])("is refused with another %s", async (_what, other) => {
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider] });
    await nexus.act(ctx, shake);
    const error = await failureOf(nexus.act(ctx, { ...shake, ...other } as never));
    expect(error).toMatchObject({ code: "already_exists", reason: "ErrIdempotencyKeyReused", effect: "none" });
    expect(provider.requests).toHaveLength(1);
  });

  it("is one tenant's: another's of the same name is another key", async () => {
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider] });
    await nexus.act(ctx.withTenant("a"), shake);
    expect((await nexus.act(ctx.withTenant("b"), shake)).replayed).toBe(false);
    expect(provider.requests).toHaveLength(2);
  });

  it("has one of many simultaneous calls send it", async () => {
    const answer = Promise.withResolvers<{ readonly state: "done" }>();
    const provider = fakeProvider({ act: () => answer.promise });
    const nexus = createNexus({ providers: [provider] });
    const calls = Array.from({ length: 20 }, () =>
      nexus.act(ctx, shake).then(
        () => "ok",
        (error: CloudLinkError) => error.reason,
      ),
    );
    await provider.whenCalled(1);
    answer.resolve({ state: "done" });
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((each) => each === "ok")).toHaveLength(1);
    expect(outcomes.filter((each) => each === "ErrActionInProgress")).toHaveLength(19);
    expect(provider.requests).toHaveLength(1);
  });

  it("repeats the failure of an action that may have been done, with the effect it had", async () => {
    for (const effect of ["unknown", "done"] as const) {
      const provider = fakeProvider({ act: () => Promise.reject(unavailable().with({ effect })) });
      const nexus = createNexus({ providers: [provider] });
      const first = await failureOf(nexus.act(ctx, shake));
      const again = await failureOf(nexus.act(ctx, shake));
      // The same but for the advice: nobody is sent to ask again and again.
      expect(again.toJSON()).toEqual({ ...first.toJSON(), retry: { retryable: false }, traceId: again.traceId });
      expect(again.effect).toBe(effect);
      expect(provider.requests).toHaveLength(1);
    }
  });

  it("is free again when nothing was done, and when a repeat does no harm", async () => {
    const failures = [
      new CloudLinkError({ reason: "ErrInvalidState", message: "Not now.", origin: "vendor", effect: "none" }),
      unavailable().with({ effect: "unknown", retry: { retryable: false } }),
    ];
    for (const [index, failure] of failures.entries()) {
      let failed = false;
      const provider = fakeProvider({
        async act() {
          if (failed) return { state: "done" };
          failed = true;
          throw failure;
        },
      });
      const nexus = createNexus({ providers: [provider] });
      const request = { ...shake, action: index === 0 ? "shake" : "polish" } as const;
      await failureOf(nexus.act(ctx, request));
      expect((await nexus.act(ctx, request)).replayed).toBe(false);
      expect(provider.requests).toHaveLength(2);
    }
  });

  it("cannot be used while its store cannot be asked: nothing is sent", async () => {
    const idempotency: IdempotencyStore = {
      ...createMemoryIdempotencyStore(),
      claim: () => Promise.reject(unavailable()),
    };
    const provider = fakeProvider();
    const error = await failureOf(createNexus({ providers: [provider], idempotency }).act(ctx, shake));
    expect([error.code, error.effect, provider.requests.length]).toEqual(["unavailable", "none", 0]);
  });

  it("whose outcome cannot be written down gives it all the same, and stays taken", async () => {
    const idempotency: IdempotencyStore = {
      ...createMemoryIdempotencyStore(),
      settle: () => Promise.reject(unavailable()),
    };
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider], idempotency });
    expect((await nexus.act(ctx, shake)).status).toEqual({ state: "done" });
    expect((await failureOf(nexus.act(ctx, shake))).reason).toBe("ErrActionInProgress");
    expect(provider.requests).toHaveLength(1);
  });

  it("is free again when the caller left before the store had answered", async () => {
    const memory = createMemoryIdempotencyStore();
    const asked = Promise.withResolvers<void>();
    const answers = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const idempotency: IdempotencyStore = {
      ...memory,
      async claim(...claim) {
        asked.resolve();
        await answers.promise;
        return await memory.claim(...claim);
      },
      async release(...claim) {
        await memory.release(...claim);
        released.resolve();
      },
    };
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider], idempotency });
    using leaving = ctx.withCancel();
    const acting = nexus.act(leaving, shake);
    await asked.promise;
    leaving.cancel();
    expect(await failureOf(acting)).toMatchObject({ code: "canceled", effect: "none" });
    answers.resolve();
    await released.promise;
    expect((await nexus.act(ctx, shake)).replayed).toBe(false);
    expect(provider.requests).toHaveLength(1);
  });

  it.each(["", "{", "null", '{"state":{"state":"allowed"}}'])(
    "whose outcome cannot be read (%s) may have been carried out",
    async (outcome) => {
      const memory = createMemoryIdempotencyStore();
      const idempotency: IdempotencyStore = {
        ...memory,
        settle: (ctx, given) => memory.settle(ctx, { ...given, outcome }),
      };
      const nexus = createNexus({ providers: [fakeProvider()], idempotency });
      await nexus.act(ctx, shake);
      expect(await failureOf(nexus.act(ctx, shake))).toMatchObject({ reason: "ErrUnexpected", effect: "unknown" });
    },
  );

  it("is free again although the store failed to say so at first, or lost the answer to the claim", async () => {
    const memory = createMemoryIdempotencyStore();
    let failures = 2;
    const idempotency: IdempotencyStore = {
      ...memory,
      async claim(ctx, claim) {
        const result = await memory.claim(ctx, claim);
        if (failures === 2) throw unavailable();
        return result;
      },
      async release(ctx, claim) {
        failures -= 1;
        if (failures > 0) throw unavailable();
        await memory.release(ctx, claim);
      },
    };
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider], idempotency });
    expect(await failureOf(nexus.act(ctx, shake))).toMatchObject({ code: "unavailable", effect: "none" });
    await nexus.close();
    expect((await createNexus({ providers: [provider], idempotency }).act(ctx, shake)).replayed).toBe(false);
  });

  it("is shared by kernels that share a store", async () => {
    const idempotency = createMemoryIdempotencyStore();
    const providers = [fakeProvider(), fakeProvider()];
    for (const provider of providers) await createNexus({ providers: [provider], idempotency }).act(ctx, shake);
    expect(providers.map(({ requests }) => requests.length)).toEqual([1, 0]);
  });
});
