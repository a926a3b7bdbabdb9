import type { Clock } from "../clock.ts";
import { invalid } from "../error/invalid.ts";

/** What {@link createManualClock} takes. */
export interface ManualClockSettings {
  /** Where the wall clock starts, in milliseconds since the Unix epoch; 2026-01-01T00:00:00Z unless given. */
  readonly nowMs?: number;
  /** Where `monotonicMs` starts; 1,000,000 unless given, so that nothing mistakes it for wall time or for a duration. */
  readonly monotonicMs?: number;
}

/** A clock that a test moves by hand: time stands still until {@link ManualClock.advance}. */
export interface ManualClock extends Clock {
  /**
   * Moves wall and monotonic time on by `ms`, and runs what comes due on the way: in the order of the instants, and in the order
   * it was scheduled within one. A task sees the instant it was scheduled for, and what it schedules within the span runs too.
   * It is synchronous: promises that a task settles go on only when the test awaits something. A task that throws ends the call
   * at its instant, with its error; the tasks after it are still pending.
   *
   * @throws `invalid_argument` for a negative number, NaN or Infinity.
   */
  advance(ms: number): void;
  /** {@link ManualClock.advance} to the first pending task, whenever that is. @returns `false` when none is pending. */
  advanceToNext(): boolean;
  /** Sets the wall clock, forwards or back, as an operator or NTP does. Monotonic time and timers do not notice. */
  setWall(nowMs: number): void;
  /** How many scheduled tasks have neither run nor been canceled, background ones among them. */
  readonly pendingTimers: number;
  /** Milliseconds until each pending task, soonest first. */
  readonly pendingDelaysMs: readonly number[];
  /** A barrier in place of a sleep: resolves as soon as at least `count` tasks are pending, now or later. */
  whenPending(count: number): Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/** A clock for tests and simulations that moves only when told to. */
export function createManualClock(settings: ManualClockSettings = {}): ManualClock {
  let wall = settings.nowMs ?? Date.UTC(2026, 0, 1);
  let monotonic = settings.monotonicMs ?? 1_000_000;
  let scheduled = 0;
  // Sorted by instant, then by order. A canceled timer leaves it at once, so that its length is what is retained.
  const timers: Timer[] = [];
  let waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  const moveTo = (at: number) => {
    wall += at - monotonic;
    monotonic = at;
  };
  const runDue = (until: number) => {
    for (let [next] = timers; next !== undefined && next.at <= until; [next] = timers) {
      timers.shift();
      // A task may have advanced the clock itself, past the instant of this one.
      if (next.at > monotonic) moveTo(next.at);
      next.task();
    }
    if (until > monotonic) moveTo(until);
  };

  return {
    nowMs: () => wall,
    monotonicMs: () => monotonic,
    schedule(task, { delayMs }) {
      const timer: Timer = { at: monotonic + Math.max(0, delayMs || 0), order: scheduled++, task };
      timers.splice(placeOf(timers, timer), 0, timer);
      const met = waiting.filter(({ count }) => timers.length >= count);
      waiting = waiting.filter(({ count }) => timers.length < count);
      for (const { resolve } of met) resolve();
      return () => {
        const place = placeOf(timers, timer);
        if (timers[place] === timer) timers.splice(place, 1);
      };
    },
    advance(ms) {
      if (!(ms >= 0) || ms === Number.POSITIVE_INFINITY) {
        throw invalid(
          "ErrInvalidRequest",
          `A clock advances by a number of milliseconds, 0 or more; it was given ${ms}.`,
        );
      }
      runDue(monotonic + ms);
    },
    advanceToNext() {
      const [next] = timers;
      if (next === undefined) return false;
      runDue(next.at);
      return true;
    },
    setWall(nowMs) {
      wall = nowMs;
    },
    get pendingTimers() {
      return timers.length;
    },
    get pendingDelaysMs() {
      return timers.map(({ at }) => at - monotonic);
    },
    whenPending(count) {
      if (timers.length >= count) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ count, resolve }));
    },
  };
}

/** Where `timer` stands, or belongs, in the sorted list. */
function placeOf(timers: readonly Timer[], timer: Timer): number {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = timers[middle] as Timer;
    if (other.at < timer.at || (other.at === timer.at && other.order < timer.order)) low = middle + 1;
    else high = middle;
  }
  return low;
}
