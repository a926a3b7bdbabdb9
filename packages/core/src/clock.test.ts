import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "./clock.ts";

describe("systemClock", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("tells wall time since the Unix epoch, and monotonic time that a wall clock set back does not move", () => {
    vi.setSystemTime(5_000);
    const before = systemClock.monotonicMs();
    expect(systemClock.nowMs()).toBe(5_000);
    vi.setSystemTime(1_000);
    expect(systemClock.nowMs()).toBe(1_000);
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
  });

  it("runs a task once, after its delay", () => {
    let ran = 0;
    systemClock.schedule(() => ran++, { delayMs: 50 });
    vi.advanceTimersByTime(49);
    expect(ran).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(ran).toBe(1);
  });

  it("waits as long as it is told, past the longest delay of Node's timers", () => {
    let ran = 0;
    const delayMs = 2 ** 31 + 5_000;
    systemClock.schedule(() => ran++, { delayMs });
    vi.advanceTimersByTime(delayMs - 1);
    expect(ran).toBe(0);
    vi.advanceTimersByTime(1);
    expect(ran).toBe(1);
  });

  it("cancels a task for good, in the second leg of a long delay too", () => {
    let ran = 0;
    const cancel = systemClock.schedule(() => ran++, { delayMs: 2 ** 32 });
    vi.advanceTimersByTime(2 ** 31 + 10);
    cancel();
    cancel();
    vi.advanceTimersByTime(2 ** 33);
    expect([ran, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("never runs a task earlier than its delay by monotonicMs, though Node's timer fires early", () => {
    let now = 1_000;
    let ran = 0;
    const monotonic = vi.spyOn(performance, "now").mockImplementation(() => now);
    systemClock.schedule(() => ran++, { delayMs: 10 });
    now = 1_009.4;
    vi.advanceTimersByTime(10);
    expect(ran).toBe(0);
    now = 1_010;
    vi.advanceTimersByTime(1);
    expect(ran).toBe(1);
    monotonic.mockRestore();
  });

  it.each([-5, Number.NaN])("takes a delay of %s for 0", (delayMs) => {
    let ran = 0;
    systemClock.schedule(() => ran++, { delayMs });
    vi.advanceTimersByTime(1);
    expect(ran).toBe(1);
  });

  it("never ends a wait of Infinity", () => {
    let ran = 0;
    const cancel = systemClock.schedule(() => ran++, { delayMs: Number.POSITIVE_INFINITY });
    vi.advanceTimersByTime(2 ** 33);
    cancel();
    expect([ran, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe("a background task", () => {
  it("does not keep the process alive, and an ordinary one does", () => {
    const made: { unref(): void; hasRef(): boolean }[] = [];
    const real = globalThis.setTimeout;
    const spy = vi.spyOn(globalThis, "setTimeout").mockImplementation(((task: () => void, ms: number) => {
      const timer = real(task, ms);
      made.push(timer);
      return timer;
    }) as typeof setTimeout);
    const cancels = [true, false].map((background) => systemClock.schedule(() => {}, { delayMs: 60_000, background }));
    expect(made.map((timer) => timer.hasRef())).toEqual([false, true]);
    for (const cancel of cancels) cancel();
    spy.mockRestore();
  });
});
