import { background, CloudLinkError } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it, vi } from "vitest";
import { failureOf } from "../test/errors.ts";
import { fakeCache, fakeCredentials, fakeTelemetry } from "../test/fake-ports.ts";
import { fakeProvider, never, untilAborted } from "../test/fake-provider.ts";
import { pagesOf } from "../test/pages.ts";
import { Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ref = thingRef("a");

describe("the deadline of a call", () => {
  it("is the kernel's default, 10 s, where the context has none", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ get: untilAborted });
    const failed = failureOf(createNexus({ providers: [provider] }).get(background({ clock }), { kind: Thing, ref }));
    await provider.whenCalled(1);
    expect(provider.requests[0]?.call.ctx.remainingMs()).toBe(10_000);
    clock.advance(9_999);
    expect(provider.requests[0]?.call.ctx.error()).toBeUndefined();
    clock.advance(1);
    expect(await failed).toMatchObject({ code: "deadline_exceeded", operation: "get", ref: ref.key });
    expect(provider.requests[0]?.call.ctx.signal.aborted).toBe(true);
  });

  it("is the settings' default in its place, and Infinity is none", async () => {
    const clock = createManualClock();
    const provider = fakeProvider();
    await createNexus({ providers: [provider], defaultTimeoutMs: 70 }).get(background({ clock }), { kind: Thing, ref });
    await createNexus({ providers: [provider], defaultTimeoutMs: Number.POSITIVE_INFINITY }).get(
      background({ clock }),
      {
        kind: Thing,
        ref,
      },
    );
    expect(provider.requests.map(({ call }) => call.ctx.deadlineAt - clock.monotonicMs())).toEqual([
      70,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it("is the caller's where it set one, longer than the default or shorter; the vendor's call has no less than the default", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ get: never });
    const nexus = createNexus({ providers: [provider] });
    for (const timeoutMs of [800, 60_000]) {
      const called = provider.requests.length + 1;
      const failed = failureOf(nexus.get(background({ clock }).withTimeout(timeoutMs), { kind: Thing, ref }));
      await provider.whenCalled(called);
      const vendorCall = provider.requests[called - 1]?.call.ctx;
      expect(vendorCall?.remainingMs()).toBe(Math.max(timeoutMs, 10_000));
      clock.advance(timeoutMs);
      expect((await failed).code).toBe("deadline_exceeded");
      // Nobody waits for it any more.
      expect(vendorCall?.signal.aborted).toBe(true);
    }
  });

  it("lets the caller leave in time although the provider notices nothing", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ get: never });
    const nexus = createNexus({ providers: [provider] });
    const failed = failureOf(nexus.get(background({ clock }).withTimeout(5), { kind: Thing, ref }));
    await provider.whenCalled(1);
    clock.advance(5);
    expect((await failed).code).toBe("deadline_exceeded");
  });

  it("covers a broker and a directory of accounts that do not answer, and is one for all of it", async () => {
    const clock = createManualClock();
    const ctx = background({ clock });
    const credentials = { ...fakeCredentials(), lease: never<never> };
    const stuck = failureOf(createNexus({ providers: [fakeProvider()], credentials }).get(ctx, { kind: Thing, ref }));
    await clock.whenPending(1);
    clock.advance(10_000);
    expect((await stuck).code).toBe("deadline_exceeded");

    const found = Promise.withResolvers<undefined>();
    const account = { provider: "fake", partition: "-", account: "1", regions: "*" as const, role: "reader" };
    const accounts = { list: async () => [account], find: () => found.promise.then(() => account) };
    const provider = fakeProvider({ get: never });
    const nexus = createNexus({ providers: [provider], accounts });
    const lost = failureOf(nexus.get(ctx.withTimeout(50), { kind: Thing, ref }));
    await clock.whenPending(1);
    clock.advance(50);
    expect((await lost).code).toBe("deadline_exceeded");
    expect(provider.requests).toHaveLength(0);

    const late = failureOf(nexus.get(ctx, { kind: Thing, ref }));
    await clock.whenPending(1);
    clock.advance(4_000);
    found.resolve(undefined);
    await provider.whenCalled(1);
    clock.advance(5_999);
    expect(provider.requests[0]?.call.ctx.error()).toBeUndefined();
    clock.advance(1);
    expect((await late).code).toBe("deadline_exceeded");
  });

  it("fails a call at once when it has passed before it begins", async () => {
    const provider = fakeProvider();
    const ctx = background({ clock: createManualClock() }).withTimeout(0);
    const nexus = createNexus({ providers: [provider] });
    expect((await failureOf(nexus.get(ctx, { kind: Thing, ref }))).code).toBe("deadline_exceeded");
    expect((await failureOf(nexus.getMany(ctx, { kind: Thing, refs: [ref] }))).code).toBe("deadline_exceeded");
    expect((await failureOf(nexus.list(ctx, { kind: Thing })[Symbol.asyncIterator]().next())).code).toBe(
      "deadline_exceeded",
    );
    expect(provider.requests).toHaveLength(0);
  });
});

describe("cancellation", () => {
  it("before a call begins asks nothing of the provider", async () => {
    const provider = fakeProvider();
    const ctx = background().withCancel();
    ctx.cancel();
    const error = await failureOf(createNexus({ providers: [provider] }).get(ctx, { kind: Thing, ref }));
    expect(error).toMatchObject({ code: "canceled", origin: "caller" });
    expect(provider.requests).toHaveLength(0);
  });

  it("reaches the provider while it waits for the vendor", async () => {
    const provider = fakeProvider({ get: untilAborted });
    const ctx = background().withCancel();
    const failed = failureOf(createNexus({ providers: [provider] }).get(ctx, { kind: Thing, ref }));
    await provider.whenCalled(1);
    ctx.cancel();
    expect((await failed).code).toBe("canceled");
    expect(provider.requests[0]?.call.ctx.signal.aborted).toBe(true);
  });

  it("by the caller's own signal keeps its reason for the cause, and takes over an error of ours", async () => {
    for (const [reason, code] of [
      ["enough", "canceled"],
      [new CloudLinkError({ code: "aborted", reason: "mine.Stop", message: "Stop.", origin: "caller" }), "aborted"],
    ] as const) {
      const controller = new AbortController();
      const provider = fakeProvider({ get: never });
      const ctx = background().withSignal(controller.signal);
      const failed = failureOf(createNexus({ providers: [provider] }).get(ctx, { kind: Thing, ref }));
      await provider.whenCalled(1);
      controller.abort(reason);
      expect((await failed).code).toBe(code);
    }
  });

  it("takes no lease and begins no fill once the call is over", async () => {
    const credentials = fakeCredentials();
    const cache = fakeCache();
    const provider = fakeProvider({ capabilities: { getMany: undefined }, get: untilAborted });
    const ctx = background().withCancel();
    const refs = Array.from({ length: 20 }, (_, index) => thingRef(`t${index}`));
    const many = createNexus({ providers: [provider], credentials, cache, concurrency: 2 }).getMany(ctx, {
      kind: Thing,
      refs,
    });
    await provider.whenCalled(2);
    ctx.cancel();
    const { outcomes } = await many;
    expect(outcomes.map((outcome) => !outcome.ok && outcome.error.code)).toEqual(refs.map(() => "canceled"));
    expect(credentials.taken).toHaveLength(2);
    expect(cache.steps).toEqual(["begin", "begin"]);
  });
});

describe("close", () => {
  it("cancels what runs, closes each provider once, and fails later calls", async () => {
    let closed = 0;
    const provider = fakeProvider({
      get: never,
      close: async () => {
        closed += 1;
      },
    });
    const credentials = fakeCredentials();
    const nexus = createNexus({ providers: [provider], credentials });
    const failed = failureOf(nexus.get(background(), { kind: Thing, ref }));
    await provider.whenCalled(1);
    await Promise.all([nexus.close(), nexus.close()]);
    expect(await failed).toMatchObject({ code: "canceled", origin: "kernel" });
    expect(closed).toBe(1);
    expect((await failureOf(nexus.get(background(), { kind: Thing, ref }))).code).toBe("canceled");
    expect((await failureOf(nexus.list(background(), { kind: Thing })[Symbol.asyncIterator]().next())).code).toBe(
      "canceled",
    );
    expect(provider.requests).toHaveLength(1);
    expect(credentials.taken).toHaveLength(1);
  });

  it("comes with the end of a block that uses the kernel", async () => {
    let closed = 0;
    const provider = fakeProvider({
      close: async () => {
        closed += 1;
      },
    });
    {
      await using nexus = createNexus({ providers: [provider] });
      expect(nexus.providers()).toEqual([provider]);
    }
    expect(closed).toBe(1);
  });

  it("closes every provider although one cannot be closed, and says that one could not", async () => {
    let closed = false;
    const broken = fakeProvider({ close: () => Promise.reject(new TypeError("stuck")) });
    const other = fakeProvider({
      name: "other",
      close: async () => {
        closed = true;
      },
    });
    await expect(createNexus({ providers: [broken, other] }).close()).rejects.toThrow("stuck");
    expect(closed).toBe(true);
  });

  it("leaves the providers of a directory to the directory's owner", async () => {
    let closed = 0;
    const provider = fakeProvider({
      close: async () => {
        closed += 1;
      },
    });
    const directory = { current: () => provider, list: () => [provider] };
    const nexus = createNexus({ providers: directory });
    await nexus.close();
    expect(closed).toBe(0);
    expect((await failureOf(nexus.get(background(), { kind: Thing, ref }))).code).toBe("canceled");
  });

  it("waits 5 s for a provider that hangs, while the others close, and says which it was", async () => {
    vi.useFakeTimers();
    try {
      let closed = false;
      const other = fakeProvider({
        name: "other",
        close: async () => {
          closed = true;
        },
      });
      const nexus = createNexus({ providers: [fakeProvider({ close: never }), other] });
      const failed = failureOf(nexus.close());
      let over = false;
      void failed.then(() => {
        over = true;
      });
      await vi.advanceTimersByTimeAsync(4_999);
      expect([closed, over]).toEqual([true, false]);
      await vi.advanceTimersByTimeAsync(1);
      const error = await failed;
      expect(error).toMatchObject({ code: "deadline_exceeded", origin: "plugin", provider: "fake" });
      expect(await failureOf(nexus.close())).toBe(error);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the trace id", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const header = `00-${traceId}-b7ad6b7169203331-01`;

  it("is the caller's, on the answer and on the provider's context, where the kernel's call has a place of its own", async () => {
    const provider = fakeProvider();
    const ctx = background().withTraceparent(header, "vendor=1");
    const answer = await createNexus({ providers: [provider] }).get(ctx, { kind: Thing, ref });
    expect(answer.traceId).toBe(traceId);
    const seen = provider.requests[0]?.call.ctx;
    expect(seen?.trace).toMatchObject({ traceId, sampled: true, traceState: "vendor=1" });
    expect(seen?.trace?.spanId).toBe(seen?.callId);
    expect(seen?.callId).not.toBe("b7ad6b7169203331");
  });

  it("is telemetry's where the context has none, the context's where both have one", async () => {
    const current = { traceId: "f".repeat(32), spanId: "1".repeat(16), sampled: true };
    const telemetry = fakeTelemetry({ currentTrace: () => current });
    const nexus = createNexus({ providers: [fakeProvider()], telemetry });
    expect((await nexus.get(background(), { kind: Thing, ref })).traceId).toBe(current.traceId);
    expect((await nexus.get(background().withTraceparent(header), { kind: Thing, ref })).traceId).toBe(traceId);
  });

  it("is a new one where nobody has one, different for every call and the same in all of a call's parts", async () => {
    const provider = fakeProvider();
    const credentials = fakeCredentials();
    const traces: (string | undefined)[] = [];
    const broker = {
      ...credentials,
      lease: (ctx: Parameters<typeof credentials.lease>[0], scope: Parameters<typeof credentials.lease>[1]) => {
        traces.push(ctx.trace?.traceId);
        return credentials.lease(ctx, scope);
      },
    };
    const nexus = createNexus({ providers: [provider], credentials: broker });
    const [first, second] = [
      await nexus.get(background(), { kind: Thing, ref }),
      await nexus.get(background(), { kind: Thing, ref }),
    ];
    expect(first.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(second.traceId).not.toBe(first.traceId);
    const pages = await pagesOf(nexus.list(background(), { kind: Thing }));
    const seen = provider.requests.map(({ call }) => call.ctx.trace?.traceId);
    expect(seen).toEqual([first.traceId, second.traceId, pages[0]?.traceId, pages[0]?.traceId]);
    expect(traces).toEqual(seen);
  });

  it("is on every error: a refusal, a vendor's, a deadline, and each of many outcomes and problems", async () => {
    const ctx = background().withTraceparent(header);
    const provider = fakeProvider({
      getMany: () => Promise.reject(new TypeError("broken")),
      list: () => {
        throw new TypeError("broken");
      },
    });
    const nexus = createNexus({ providers: [provider] });
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [ref, "fake/-/1/-/test.Thing/b"] });
    expect(outcomes.map((outcome) => !outcome.ok && outcome.error.traceId)).toEqual([traceId, traceId]);
    for (const failing of [
      nexus.get(ctx, { kind: Thing, ref: "nonsense" }),
      nexus.getMany(ctx, { kind: Thing, refs: ["nonsense"] }),
      nexus.list(ctx, { kind: Thing })[Symbol.asyncIterator]().next(),
      nexus.list(ctx, { kind: Thing, pageToken: "x" })[Symbol.asyncIterator]().next(),
    ]) {
      expect((await failureOf(failing)).traceId).toBe(traceId);
    }
  });
});
