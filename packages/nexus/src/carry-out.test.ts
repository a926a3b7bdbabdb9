import { background } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { failureOf, unavailable } from "../test/errors.ts";
import { fakeCache } from "../test/fake-ports.ts";
import { fakeProvider, never, untilAborted } from "../test/fake-provider.ts";
import { Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";
import { createMemoryIdempotencyStore } from "./memory-idempotency-store.ts";

const ctx = background();
const ref = thingRef("a");
const polish = { kind: Thing, ref, action: "polish" } as const;
const shake = { kind: Thing, ref, action: "shake" } as const;

describe("a provider's last word", () => {
  /** Rejects when the call is over, and says what came of the action. */
  function knowing(effect: "none" | "done") {
    return fakeProvider({
      act: ({ ctx }) =>
        new Promise((_resolve, reject) => {
          const leave = () => reject(ctx.error()?.with({ effect }));
          ctx.signal.addEventListener("abort", leave, { once: true });
        }),
    });
  }

  it("is taken at the deadline: it knows whether the request had left, and whether the answer had begun", async () => {
    for (const effect of ["none", "done"] as const) {
      const clock = createManualClock();
      const provider = knowing(effect);
      const nexus = createNexus({ providers: [provider] });
      const acting = nexus.act(background({ clock }).withTimeout(100), { ...shake, idempotencyKey: "k" });
      await provider.whenCalled(1);
      clock.advance(100);
      expect(await failureOf(acting)).toMatchObject({ code: "deadline_exceeded", effect });
    }
  });

  it("may be that it was done after all", async () => {
    const clock = createManualClock();
    const answer = Promise.withResolvers<{ readonly state: "done" }>();
    const provider = fakeProvider({ act: () => answer.promise });
    const nexus = createNexus({ providers: [provider] });
    const acting = nexus.act(background({ clock }).withTimeout(100), { ...shake, idempotencyKey: "k" });
    await provider.whenCalled(1);
    clock.advance(100);
    await clock.whenPending(1);
    answer.resolve({ state: "done" });
    expect(await failureOf(acting)).toMatchObject({ code: "deadline_exceeded", effect: "done" });
    expect(await nexus.act(ctx, { ...shake, idempotencyKey: "k" })).toMatchObject({ replayed: true });
  });

  it("counts no request that only finds out who calls", async () => {
    const asked = Promise.withResolvers<void>();
    const provider = fakeProvider({
      reportsActions: false,
      act(call) {
        call.report.vendorRequest({ operation: "who-am-i" });
        asked.resolve();
        return untilAborted(call);
      },
    });
    using leaving = ctx.withCancel();
    const acting = createNexus({ providers: [provider] }).act(leaving, shake);
    await asked.promise;
    leaving.cancel();
    expect(await failureOf(acting)).toMatchObject({ code: "canceled", effect: "none" });
    expect(provider.requests[0]?.call.ctx.error()?.code).toBe("canceled");
  });
});

describe("a kernel that closes", () => {
  it("lets an action that was sent end, and its outcome be written down", async () => {
    const answer = Promise.withResolvers<{ readonly state: "done" }>();
    const provider = fakeProvider({ act: () => answer.promise });
    const idempotency = createMemoryIdempotencyStore();
    const nexus = createNexus({ providers: [provider], idempotency });
    const acting = failureOf(nexus.act(ctx, { ...shake, idempotencyKey: "k" }));
    await provider.whenCalled(1);
    const closing = nexus.close();
    expect(await acting).toMatchObject({ code: "canceled", effect: "unknown" });
    answer.resolve({ state: "done" });
    await closing;
    const next = createNexus({ providers: [fakeProvider()], idempotency });
    expect(await next.act(ctx, { ...shake, idempotencyKey: "k" })).toMatchObject({ replayed: true });
  });
});

describe("a caller that leaves", () => {
  it("is one of many: a thousand that left their actions behind, and nothing more is begun", async () => {
    const provider = fakeProvider({ act: never });
    const nexus = createNexus({ providers: [provider] });
    for (let index = 0; index < 1_000; index += 1) {
      using leaving = ctx.withTimeout(60_000).withCancel();
      const acting = failureOf(nexus.act(leaving, shake));
      await provider.whenCalled(index + 1);
      leaving.cancel();
      await acting;
    }
    const keyed = { ...shake, idempotencyKey: "k" };
    for (let time = 0; time < 2; time += 1) {
      expect(await failureOf(nexus.act(ctx, keyed))).toMatchObject({ reason: "ErrOverloaded", effect: "none" });
    }
    expect(provider.requests).toHaveLength(1_000);
  });

  it("is rejected at once with an unknown effect, and the vendor's call goes on to its end", async () => {
    const answer = Promise.withResolvers<{ readonly state: "done" }>();
    const provider = fakeProvider({ act: () => answer.promise });
    const cache = fakeCache();
    const nexus = createNexus({ providers: [provider], cache });
    using leaving = ctx.withCancel();
    const acting = nexus.act(leaving, { ...shake, idempotencyKey: "once" });
    await provider.whenCalled(1);
    leaving.cancel();
    expect(await failureOf(acting)).toMatchObject({ code: "canceled", effect: "unknown" });
    const [asked] = provider.requests;
    expect(asked?.call.ctx.error()).toBeUndefined();
    // The same wish again, while it is still under way and afterwards: it is not sent a second time.
    expect(await failureOf(nexus.act(ctx, { ...shake, idempotencyKey: "once" }))).toMatchObject({
      reason: "ErrActionInProgress",
      effect: "unknown",
      retry: { retryable: true, afterMs: 1000 },
    });
    answer.resolve({ state: "done" });
    await answer.promise;
    await new Promise(setImmediate);
    expect(await nexus.act(ctx, { ...shake, idempotencyKey: "once" })).toMatchObject({ replayed: true });
    expect(provider.requests).toHaveLength(1);
    // When the caller was told that it may have been done, and when the vendor said that it was.
    expect(cache.acted).toHaveLength(2);
  });

  it("takes along what was not sent yet", async () => {
    const provider = fakeProvider({ reportsActions: false, act: untilAborted });
    const nexus = createNexus({ providers: [provider] });
    using leaving = ctx.withCancel();
    const acting = nexus.act(leaving, shake);
    await provider.whenCalled(1);
    leaving.cancel();
    expect(await failureOf(acting)).toMatchObject({ code: "canceled", effect: "none" });
    expect(provider.requests[0]?.call.ctx.error()?.code).toBe("canceled");
  });

  it("has no further try made in its name", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ act: () => Promise.reject(unavailable().with({ effect: "unknown" })) });
    const nexus = createNexus({ providers: [provider] });
    using leaving = background({ clock }).withCancel();
    const acting = nexus.act(leaving, polish);
    await provider.whenCalled(1);
    await clock.whenPending(3);
    leaving.cancel();
    expect(await failureOf(acting)).toMatchObject({ code: "canceled", effect: "unknown" });
    await new Promise(setImmediate);
    expect([provider.requests.length, clock.pendingTimers]).toEqual([1, 0]);
  });
});
