/**
 * Time, as everything in CloudLink sees it. Tests and simulations put a controllable one in place of the system's.
 *
 * Invariant: `monotonicMs` never runs backwards; `nowMs` may, because the wall clock is set from outside.
 */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch: for instants that others read, such as `observedAt`. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start: for deadlines and ages, which a wall clock that is set must not move. */
  monotonicMs(): number;
  /**
   * Runs `task` once, `delayMs` from now and never earlier by `monotonicMs`. A delay may be of any length; one that is not positive is 0.
   *
   * @param options.background - `true` for a timer that must not keep the process alive by itself.
   * @returns a function that cancels the task; calling it late or twice does nothing.
   */
  schedule(task: () => void, options: { delayMs: number; background?: boolean }): () => void;
}

/** The longest delay that Node's timers take; a longer one would fire at once (Node.js documentation, `setTimeout`). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The system's time and timers. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(task, { delayMs, background = false }) {
    const dueAt = performance.now() + Math.max(0, delayMs || 0);
    let timer: NodeJS.Timeout;
    const arm = () => {
      const leftMs = dueAt - performance.now();
      // Node counts in whole milliseconds of its loop's own time and so may fire early: what is left is waited for again.
      if (leftMs <= 0) task();
      else wait(leftMs);
    };
    const wait = (leftMs: number) => {
      timer = setTimeout(arm, Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS));
      if (background) timer.unref();
    };
    wait(Math.max(0, delayMs || 0));
    return () => clearTimeout(timer);
  },
};
