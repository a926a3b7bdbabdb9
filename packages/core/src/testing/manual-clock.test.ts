import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CloudLinkError } from "../error/cloudlink-error.ts";
import { createManualClock } from "./manual-clock.ts";

describe("createManualClock", () => {
  it("stands still until it is advanced, and moves wall and monotonic time alike", () => {
    const clock = createManualClock({ nowMs: 5_000, monotonicMs: 70 });
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([5_000, 70]);
    clock.advance(30);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([5_030, 100]);
  });

  it("moves the wall clock by setWall without moving monotonic time or timers", () => {
    const clock = createManualClock();
    let ran = 0;
    clock.schedule(() => ran++, { delayMs: 10 });
    const before = clock.monotonicMs();
    clock.setWall(0);
    expect([clock.nowMs(), clock.monotonicMs(), ran]).toEqual([0, before, 0]);
    clock.advance(10);
    expect([clock.nowMs(), ran]).toEqual([10, 1]);
  });

  it("runs what is due in the order of the instants, then of scheduling, each at its own instant", () => {
    const delay = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(fc.array(delay, { maxLength: 40 }), fc.array(delay, { maxLength: 10 }), (delays, steps) => {
        const clock = createManualClock({ monotonicMs: 0 });
        const ran: { at: number; order: number }[] = [];
        for (const [order, delayMs] of delays.entries()) {
          clock.schedule(() => ran.push({ at: clock.monotonicMs(), order }), { delayMs });
        }
        for (const step of steps) clock.advance(step);
        const now = clock.monotonicMs();
        const due = delays
          .map((at, order) => ({ at, order }))
          .filter(({ at }) => at <= now)
          .sort((a, b) => a.at - b.at || a.order - b.order);
        // Nothing runs before the clock is advanced at all.
        expect(ran).toEqual(steps.length === 0 ? [] : due);
        expect(clock.pendingTimers).toBe(delays.length - ran.length);
      }),
    );
  });

  it("runs what a task schedules within the span, and leaves what lies beyond it", () => {
    const clock = createManualClock();
    const ran: string[] = [];
    clock.schedule(
      () => {
        ran.push("first");
        clock.schedule(() => ran.push("within"), { delayMs: 5 });
        clock.schedule(() => ran.push("beyond"), { delayMs: 6 });
      },
      { delayMs: 5 },
    );
    clock.advance(10);
    expect(ran).toEqual(["first", "within"]);
    expect(clock.pendingDelaysMs).toEqual([1]);
  });

  it("forgets a canceled task at once, and takes a late or second cancellation as nothing", () => {
    const clock = createManualClock();
    let ran = 0;
    const cancel = clock.schedule(() => ran++, { delayMs: 1 });
    const late = clock.schedule(() => ran++, { delayMs: 1 });
    cancel();
    cancel();
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    late();
    expect([ran, clock.pendingTimers]).toEqual([1, 0]);
  });

  it("treats a delay that is negative or NaN as 0, and runs it only when advanced", () => {
    const clock = createManualClock();
    let ran = 0;
    clock.schedule(() => ran++, { delayMs: -5 });
    clock.schedule(() => ran++, { delayMs: Number.NaN });
    expect(ran).toBe(0);
    clock.advance(0);
    expect(ran).toBe(2);
  });

  it("advances to the next task, however far, and says when there is none", () => {
    const clock = createManualClock({ monotonicMs: 0 });
    clock.schedule(() => {}, { delayMs: 2 ** 40 });
    expect(clock.advanceToNext()).toBe(true);
    expect(clock.monotonicMs()).toBe(2 ** 40);
    expect(clock.advanceToNext()).toBe(false);
  });

  it("resolves whenPending as soon as that many tasks are pending, now or later", async () => {
    const clock = createManualClock();
    await clock.whenPending(0);
    const two = clock.whenPending(2);
    clock.schedule(() => {}, { delayMs: 1 });
    clock.schedule(() => {}, { delayMs: 1 });
    await two;
    await clock.whenPending(1);
    expect(clock.pendingTimers).toBe(2);
  });

  it("stays at the instant of a task that throws, with the later ones pending", () => {
    const clock = createManualClock({ monotonicMs: 0 });
    clock.schedule(
      () => {
        throw new Error("task");
      },
      { delayMs: 3 },
    );
    clock.schedule(() => {}, { delayMs: 4 });
    expect(() => clock.advance(10)).toThrow("task");
    expect([clock.monotonicMs(), clock.pendingTimers]).toEqual([3, 1]);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses to advance by %s", (ms) => {
    expect(() => createManualClock().advance(ms)).toThrow(CloudLinkError);
  });
});
