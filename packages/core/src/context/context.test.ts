import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CloudLinkError } from "../error/cloudlink-error.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { background, type Context, errorOfAbort } from "./context.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function thrown(run: () => unknown): CloudLinkError {
  try {
    run();
  } catch (error) {
    if (CloudLinkError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("background", () => {
  it("has the tenant default, no deadline, no trace, and is never over", () => {
    const ctx = background();
    expect(ctx.tenant).toBe("default");
    expect(ctx.deadlineAt).toBe(Number.POSITIVE_INFINITY);
    expect(ctx.remainingMs()).toBe(Number.POSITIVE_INFINITY);
    expect([ctx.trace, ctx.callId, ctx.error()]).toEqual([undefined, undefined, undefined]);
    expect(ctx.signal.aborted).toBe(false);
    expect(() => ctx.throwIfDone()).not.toThrow();
  });
});

describe("Context", () => {
  it("is immutable: a field cannot be assigned, and deriving leaves the parent as it was", () => {
    const parent = background({ clock: createManualClock() });
    parent.withTenant("acme").withTimeout(5).withTraceparent(traceparent).withCallId("0000000000000001");
    expect([parent.tenant, parent.deadlineAt, parent.trace]).toEqual(["default", Number.POSITIVE_INFINITY, undefined]);
    for (const field of ["tenant", "deadlineAt", "trace", "callId", "clock", "signal"]) {
      expect(Reflect.set(parent, field, "other"), field).toBe(false);
    }
  });

  it("carries tenant, trace and call id to what is derived from it", () => {
    const ctx = background().withTenant("acme").withTraceparent(traceparent, "a=b").withCallId("00f067aa0ba902b7");
    for (const derived of [ctx.withTimeout(1), ctx.withCancel(), ctx.withSignal(new AbortController().signal)]) {
      expect(derived.tenant).toBe("acme");
      expect(derived.callId).toBe("00f067aa0ba902b7");
      expect(derived.trace).toEqual({
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331",
        sampled: true,
        traceState: "a=b",
      });
    }
  });

  it("leaves a trace that is not valid aside and keeps the one it has", () => {
    const ctx = background().withTraceparent(traceparent);
    expect(ctx.withTraceparent("nonsense").trace).toBe(ctx.trace);
    expect(ctx.withTrace({ traceId: "x\r\ny", spanId: "b7ad6b7169203331", sampled: true }).trace).toBe(ctx.trace);
    const other = { traceId: "1".repeat(32), spanId: "2".repeat(16), sampled: false };
    expect(ctx.withTrace(other).trace).toEqual(other);
  });

  it.each([
    ["empty", ""],
    ["over 256 characters", "x".repeat(257)],
    ["half a surrogate pair", "a\ud800"],
  ])("refuses a tenant that is %s", (_case, tenant) => {
    const error = thrown(() => background().withTenant(tenant));
    expect([error.code, error.reason]).toEqual(["invalid_argument", "ErrInvalidRequest"]);
  });

  it.each([-1, Number.NaN, "50" as unknown as number])("refuses a timeout of %o", (timeoutMs) => {
    expect(thrown(() => background().withTimeout(timeoutMs)).code).toBe("invalid_argument");
  });
});

describe("deadlines", () => {
  it("Meaning 8: deadlines only shrink, over any tree of derived contexts", () => {
    type Step =
      | { with: "timeout"; ms: number }
      | { with: "tenant" | "cancel" | "signal" | "trace" | "callId" | "wait" };
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({
        with: fc.constant("timeout" as const),
        ms: fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0, noNaN: true })),
      }),
      fc.record({ with: fc.constantFrom("tenant", "cancel", "signal", "trace", "callId", "wait") }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), step), { maxLength: 30 }), (steps) => {
        const clock = createManualClock();
        const tree: { ctx: Context; parent: Context | undefined }[] = [
          { ctx: background({ clock }), parent: undefined },
        ];
        for (const [pick, made] of steps) {
          const parent = tree[pick % tree.length]?.ctx as Context;
          if (made.with === "wait") clock.advance(100);
          else tree.push({ ctx: derive(parent, made), parent });
        }
        for (const { ctx, parent } of tree) {
          if (parent === undefined) continue;
          expect(ctx.deadlineAt).toBeLessThanOrEqual(parent.deadlineAt);
          expect(ctx.remainingMs()).toBeLessThanOrEqual(parent.remainingMs());
        }
      }),
    );

    function derive(parent: Context, made: Exclude<Step, { with: "wait" }> | Step): Context {
      switch (made.with) {
        case "timeout":
          return parent.withTimeout(made.ms);
        case "tenant":
          return parent.withTenant("t");
        case "cancel":
          return parent.withCancel();
        case "signal":
          return parent.withSignal(new AbortController().signal);
        case "trace":
          return parent.withTraceparent(traceparent);
        default:
          return parent.withCallId("00f067aa0ba902b7");
      }
    }
  });

  it("end the context at the instant and not before, with deadline_exceeded", () => {
    const clock = createManualClock();
    const ctx = background({ clock }).withTimeout(800);
    clock.advance(799);
    expect([ctx.remainingMs(), ctx.error()]).toEqual([1, undefined]);
    clock.advance(1);
    expect(ctx.remainingMs()).toBe(0);
    expect(ctx.error()).toMatchObject({
      code: "deadline_exceeded",
      reason: "ErrDeadlineExceeded",
      origin: "caller",
      retry: { retryable: true },
    });
    expect(thrown(() => ctx.throwIfDone()).code).toBe("deadline_exceeded");
    clock.advance(1_000);
    expect(ctx.remainingMs()).toBe(0);
  });

  it("of 0 are over at once, their signal too, without a timer", () => {
    const clock = createManualClock();
    const ctx = background({ clock }).withTimeout(0);
    expect(ctx.error()?.code).toBe("deadline_exceeded");
    expect(ctx.signal.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it("of Infinity add none, and keep the parent's", () => {
    const clock = createManualClock();
    expect(background({ clock }).withTimeout(Number.POSITIVE_INFINITY).deadlineAt).toBe(Number.POSITIVE_INFINITY);
    const parent = background({ clock }).withTimeout(10);
    expect(parent.withTimeout(Number.POSITIVE_INFINITY).deadlineAt).toBe(parent.deadlineAt);
  });

  it("are not moved by a wall clock that is set", () => {
    const clock = createManualClock();
    const ctx = background({ clock }).withTimeout(100);
    clock.setWall(clock.nowMs() + 1e9);
    expect(ctx.error()).toBeUndefined();
    clock.setWall(0);
    clock.advance(100);
    expect(ctx.error()?.code).toBe("deadline_exceeded");
  });
});

describe("signal", () => {
  it("costs no timer until it is asked for, then aborts at the deadline with the error", () => {
    const clock = createManualClock();
    const ctx = background({ clock }).withTimeout(50);
    expect(clock.pendingTimers).toBe(0);
    const { signal } = ctx;
    expect(ctx.signal).toBe(signal);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(50);
    expect(signal.aborted).toBe(true);
    expect(errorOfAbort(signal.reason).code).toBe("deadline_exceeded");
    expect(clock.pendingTimers).toBe(0);
  });

  it("holds a background timer: a deadline keeps no process alive", () => {
    const backgrounds: unknown[] = [];
    const clock = createManualClock();
    const ctx = background({
      clock: {
        ...clock,
        schedule(task, options) {
          backgrounds.push(options.background);
          return clock.schedule(task, options);
        },
      },
    });
    expect(ctx.withTimeout(5).signal.aborted).toBe(false);
    expect(backgrounds).toEqual([true]);
  });

  it("of a context that is already over has aborted, for the reason it is over", () => {
    const ctx = background().withCancel();
    ctx.cancel();
    for (const over of [ctx, ctx.withTimeout(5), ctx.withSignal(new AbortController().signal)]) {
      expect(over.signal.aborted).toBe(true);
      expect(over.error()?.code).toBe("canceled");
    }
  });

  it("leaves no doubt: once it has aborted there is an error, though the timer fired early by a fraction", () => {
    let now = 0;
    let fire = () => {};
    const ctx = background({
      clock: {
        nowMs: () => now,
        monotonicMs: () => now,
        schedule(task) {
          fire = task;
          return () => {};
        },
      },
    }).withTimeout(10);
    const { signal } = ctx;
    now = 9.999;
    fire();
    expect(signal.aborted).toBe(true);
    expect(ctx.error()?.code).toBe("deadline_exceeded");
    expect(() => ctx.throwIfDone()).toThrow(CloudLinkError);
  });

  it("and error() keep the first reason, when a second follows", () => {
    const clock = createManualClock();
    const ctx = background({ clock }).withTimeout(10).withCancel();
    expect(ctx.signal.aborted).toBe(false);
    clock.advance(10);
    ctx.cancel();
    expect(ctx.error()?.code).toBe("deadline_exceeded");
  });
});

describe("cancellation", () => {
  it("goes down to every descendant and never up or sideways, over any tree", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.boolean()), { minLength: 1, maxLength: 25 }),
        fc.nat(),
        fc.boolean(),
        (steps, pick, signalsFirst) => {
          const root = background({ clock: createManualClock() }).withCancel();
          const tree = [{ ctx: root, parent: -1 }];
          for (const [from, timeout] of steps) {
            const parent = from % tree.length;
            const ctx = tree[parent]?.ctx as Context;
            tree.push({ ctx: (timeout ? ctx.withTimeout(100) : ctx).withCancel(), parent });
          }
          if (signalsFirst) for (const { ctx } of tree) expect(ctx.signal.aborted).toBe(false);
          const canceled = pick % tree.length;
          tree[canceled]?.ctx.cancel();
          for (const [index, { ctx }] of tree.entries()) {
            let up = index;
            while (up !== -1 && up !== canceled) up = tree[up]?.parent ?? -1;
            const expected = up === canceled ? "canceled" : undefined;
            expect(ctx.error()?.code).toBe(expected);
            expect(ctx.signal.aborted).toBe(expected !== undefined);
          }
        },
      ),
    );
  });

  it("is done once: canceling again keeps the first error", () => {
    const ctx = background().withCancel();
    ctx.cancel();
    const first = ctx.error();
    ctx.cancel();
    expect(ctx.error()).toBe(first);
    expect(first).toMatchObject({ code: "canceled", reason: "ErrCanceled", origin: "caller" });
  });

  it("comes at the end of a block that uses the context", () => {
    let kept: Context | undefined;
    {
      using ctx = background().withCancel();
      kept = ctx.withTimeout(1_000);
      expect(kept.error()).toBeUndefined();
    }
    expect(kept.error()?.code).toBe("canceled");
  });

  it("comes with a caller's own signal, whichever of several is first", () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const ctx = background().withSignal(first.signal).withSignal(second.signal).withSignal(first.signal);
    expect(ctx.signal.aborted).toBe(false);
    second.abort();
    expect(ctx.signal.aborted).toBe(true);
    expect(ctx.error()?.code).toBe("canceled");
  });
});

describe("errorOfAbort", () => {
  it("gives a CloudLinkError that a signal was aborted with as it is", () => {
    const reason = new CloudLinkError({ reason: "ErrVendorUnavailable", message: "draining", origin: "kernel" });
    expect(background().withSignal(AbortSignal.abort(reason)).error()).toBe(reason);
  });

  it("takes the TimeoutError of AbortSignal.timeout for deadline_exceeded", () => {
    expect(errorOfAbort(new DOMException("timed out", "TimeoutError")).code).toBe("deadline_exceeded");
  });

  it("takes every other reason for canceled, with the reason as cause and none of it in the message", () => {
    const reason = new Error("hunter2");
    const error = errorOfAbort(reason);
    expect(error.code).toBe("canceled");
    expect(error.cause).toBe(reason);
    expect(JSON.stringify(error)).not.toContain("hunter2");
    expect(errorOfAbort(undefined).code).toBe("canceled");
  });
});
