import { getEventListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import { type AccountDirectory, background } from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createNexus, type Nexus, type NexusSettings } from "../src/index.ts";
import { unavailable } from "./errors.ts";
import { fakeTelemetry } from "./fake-ports.ts";
import { type FakeProvider, fakeProvider, never, untilAborted } from "./fake-provider.ts";
import { onePerPage, pagedList } from "./paged-list.ts";
import { pagesOf } from "./pages.ts";
import { observationOf, Thing, thingRef } from "./thing.ts";

afterEach(() => void vi.unstubAllGlobals());

/** A kernel and the signal by which it closes, the first that it makes. */
function watchedNexus(settings: NexusSettings): { readonly nexus: Nexus; readonly closing: AbortSignal } {
  const made: AbortSignal[] = [];
  const Original = AbortController;
  vi.stubGlobal(
    "AbortController",
    class extends Original {
      constructor() {
        super();
        made.push(this.signal);
      }
    },
  );
  const nexus = createNexus(settings);
  vi.unstubAllGlobals();
  const [closing] = made;
  if (closing === undefined) throw new TypeError("the kernel made no signal");
  return { nexus, closing };
}

/** The ways a call goes: each runs one to its end, as its caller sees it. */
interface Run {
  readonly nexus: Nexus;
  readonly clock: ManualClock;
  readonly signal: AbortSignal;
  readonly provider: FakeProvider;
  /** A barrier: resolves when the next call begins to wait before it tries again. */
  whenRetrying(): Promise<void>;
}
const ways: Readonly<Record<string, (run: Run) => Promise<unknown>>> = {
  "a get that is answered": ({ nexus, clock, signal }) =>
    nexus.get(background({ clock }).withSignal(signal), { kind: Thing, ref: thingRef("ok") }),
  "a get that fails": ({ nexus, clock, signal }) =>
    nexus.get(background({ clock }).withSignal(signal), { kind: Thing, ref: thingRef("broken") }),
  "a get that is refused": ({ nexus, clock, signal }) =>
    nexus.get(background({ clock }).withSignal(signal), { kind: Thing, ref: "nonsense" }),
  "a get that is canceled": async ({ nexus, clock, signal, provider }) => {
    const ctx = background({ clock }).withSignal(signal).withCancel();
    const call = nexus.get(ctx, { kind: Thing, ref: thingRef("slow") });
    await provider.whenCalled(provider.requests.length + 1);
    ctx.cancel();
    await call;
  },
  "a get that is left behind by its deadline": async ({ nexus, clock, signal, provider }) => {
    const call = nexus.get(background({ clock }).withSignal(signal).withTimeout(10), {
      kind: Thing,
      ref: thingRef("deaf"),
    });
    await provider.whenCalled(provider.requests.length + 1);
    clock.advance(10);
    await call;
  },
  "a get that is canceled while it waits to be tried again": async ({
    nexus,
    clock,
    signal,
    provider,
    whenRetrying,
  }) => {
    const ctx = background({ clock }).withSignal(signal).withCancel();
    // Of another account each time: each has a budget for tries of its own.
    const ref = thingRef("down", { account: String(provider.requests.length) });
    const call = nexus.get(ctx, { kind: Thing, ref });
    await whenRetrying();
    ctx.cancel();
    await call;
  },
  "a getMany": ({ nexus, clock, signal }) =>
    nexus.getMany(background({ clock }).withSignal(signal), {
      kind: Thing,
      refs: [thingRef("ok"), thingRef("broken")],
    }),
  "a list that is read": ({ nexus, clock, signal }) =>
    pagesOf(nexus.list(background({ clock }).withSignal(signal), { kind: Thing })),
  "a list that is left": async ({ nexus, clock, signal }) => {
    for await (const _page of nexus.list(background({ clock }).withSignal(signal), { kind: Thing })) break;
  },
};

function makeRun(): Run & { readonly closing: AbortSignal; lateFailures(): void } {
  const clock = createManualClock();
  let retrying = Promise.withResolvers<void>();
  const whenRetrying = () => {
    retrying = Promise.withResolvers();
    return retrying.promise;
  };
  const deaf: (() => void)[] = [];
  const provider = fakeProvider({
    get: async (call, { ref }) => {
      // As a client of a vendor's does.
      call.ctx.signal.addEventListener("abort", () => {}, { once: true });
      if (ref.id === "slow") return await untilAborted(call);
      if (ref.id === "deaf")
        return await new Promise((_resolve, reject) => deaf.push(() => reject(new TypeError("late"))));
      if (ref.id === "broken") throw new TypeError("broken");
      if (ref.id === "down") throw unavailable();
      return observationOf(ref);
    },
    list: pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 3),
      before: ({ call }) => {
        call.ctx.signal.addEventListener("abort", () => {}, { once: true });
        return call.scope.account === "2" && call.ctx.signal.aborted ? never() : undefined;
      },
    }),
  });
  const accountOf = (account: string) => ({
    provider: "fake",
    partition: "-",
    account,
    regions: ["north"],
    role: "reader",
  });
  const accounts: AccountDirectory = {
    list: async () => ["1", "2"].map(accountOf),
    find: (_ctx, { account }) => accountOf(account),
  };
  const { nexus, closing } = watchedNexus({
    providers: [provider],
    accounts,
    telemetry: fakeTelemetry({ retry: () => retrying.resolve() }),
  });
  return {
    nexus,
    clock,
    closing,
    provider,
    whenRetrying,
    signal: new AbortController().signal,
    lateFailures: () => deaf.forEach((fail) => void fail()),
  };
}

describe("a context that a provider was given", () => {
  it("is over when its attempt is, though the call goes on", async () => {
    const { nexus, clock, provider, signal, whenRetrying } = makeRun();
    const refs = Array.from({ length: 50 }, (_, index) => thingRef("ok", { account: String(index) }));
    const ctx = background({ clock }).withSignal(signal);
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [...refs, thingRef("ok")] });
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    const get = nexus.get(ctx, { kind: Thing, ref: thingRef("down") });
    await whenRetrying();
    expect(provider.requests.map((asked) => asked.call.ctx.error()?.code)).toEqual(
      provider.requests.map(() => "canceled"),
    );
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    clock.advance(10_000);
    await expect(get).rejects.toThrow();
  });
});

describe("what a thousand calls leave behind", () => {
  it.each(Object.keys(ways))("is no timer and no listener: %s", async (way) => {
    const run = makeRun();
    const { clock, signal, closing } = run;
    for (let call = 0; call < 1_000; call += 1) await ways[way]?.(run).catch(() => {});
    expect(run.provider.requests.length).toBeGreaterThan(way === "a get that is refused" ? -1 : 999);
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    expect(getEventListeners(closing, "abort")).toHaveLength(0);
    // What was left behind may fail yet: an unhandled rejection would fail this run.
    run.lateFailures();
    await setImmediate();
  });

  it("is nothing for calls that run at once either, and listening to one signal together brings no warning", async () => {
    const run = makeRun();
    const { clock, signal, closing, nexus, provider } = run;
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on("warning", warn);
    const controller = new AbortController();
    const ctx = background({ clock }).withSignal(signal).withSignal(controller.signal);
    // Of another account each: those of one would leave as one.
    const calls = Array.from({ length: 100 }, (_, index) =>
      nexus.get(ctx, { kind: Thing, ref: thingRef("slow", { account: String(index) }) }).catch(() => {}),
    );
    await provider.whenCalled(100);
    expect(getEventListeners(closing, "abort").length).toBeGreaterThanOrEqual(100);
    controller.abort();
    await Promise.all(calls);
    await setImmediate();
    process.off("warning", warn);
    expect(warnings).toEqual([]);
    expect([
      clock.pendingTimers,
      getEventListeners(signal, "abort").length,
      getEventListeners(closing, "abort").length,
    ]).toEqual([0, 0, 0]);
  });
});
