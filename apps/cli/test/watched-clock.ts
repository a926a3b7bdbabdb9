import type { Clock } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";

/** A clock that a test moves by hand, and that tells when somebody begins to wait. */
export interface WatchedClock extends Clock {
  /** Moves on by as long as somebody waits, as soon as somebody waits exactly so long. Each wait is counted once. */
  pass(delayMs: number): Promise<void>;
  /** Resolves as soon as somebody waits exactly so long, without moving on. Each wait is counted once. */
  waiting(delayMs: number): Promise<void>;
  advance(ms: number): void;
}

export function createWatchedClock(): WatchedClock {
  const clock = createManualClock();
  const scheduled: number[] = [];
  let look: (() => void) | undefined;

  async function waiting(delayMs: number): Promise<void> {
    for (;;) {
      const place = scheduled.indexOf(delayMs);
      if (place !== -1) {
        scheduled.splice(place, 1);
        return;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      look = resolve;
      await promise;
    }
  }

  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    schedule(task, options) {
      const cancel = clock.schedule(task, options);
      scheduled.push(options.delayMs);
      look?.();
      return cancel;
    },
    waiting,
    async pass(delayMs) {
      await waiting(delayMs);
      clock.advance(delayMs);
    },
    advance: (ms) => clock.advance(ms),
  };
}
