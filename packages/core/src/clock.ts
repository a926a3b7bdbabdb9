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
   * Runs `task` once, `delayMs` from now.
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
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number) => {
      timer =
        leftMs > LONGEST_TIMER_MS
          ? setTimeout(() => arm(leftMs - LONGEST_TIMER_MS), LONGEST_TIMER_MS)
          : setTimeout(task, leftMs);
      if (background) timer.unref();
    };
    arm(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
