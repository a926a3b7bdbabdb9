import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { background, type CancelableContext } from "./context.ts";

const COUNT = 100_000;

describe("100,000 contexts under one that lives long", () => {
  it("keep no timer and no listener while nobody asks for their signal", () => {
    const clock = createManualClock();
    const parent = background({ clock }).withCancel();
    for (let index = 0; index < COUNT; index++) parent.withTimeout(30_000);
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
  });

  it("let go of timers and of the parent's signal when they are canceled", () => {
    const clock = createManualClock();
    const parent = background({ clock }).withCancel();
    const open: CancelableContext[] = [];
    for (let index = 0; index < COUNT; index++) {
      const ctx = parent.withTimeout(30_000).withCancel();
      if (ctx.signal.aborted) throw new Error("over too early");
      open.push(ctx);
      // A hundred run at a time, as calls do.
      if (open.length === 100) for (const done of open.splice(0)) done.cancel();
    }
    for (const done of open) done.cancel();
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
  });

  it("let go of the parent's signal when their deadline comes", () => {
    const clock = createManualClock();
    const parent = background({ clock }).withCancel();
    for (let round = 0; round < COUNT / 100; round++) {
      const signals = Array.from({ length: 100 }, () => parent.withTimeout(30).signal);
      expect(clock.pendingTimers).toBe(100);
      clock.advance(30);
      expect(signals.every(({ aborted }) => aborted)).toBe(true);
    }
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
  });

  it("hold a listener until then, so that the count can fail", () => {
    const clock = createManualClock();
    const parent = background({ clock }).withCancel();
    const ctx = parent.withTimeout(30).withCancel();
    expect(ctx.signal.aborted).toBe(false);
    expect(getEventListeners(parent.signal, "abort")).toHaveLength(1);
    expect(clock.pendingTimers).toBe(1);
  });
});
