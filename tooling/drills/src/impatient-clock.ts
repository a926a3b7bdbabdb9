import type { Clock } from "@cloudlink/core";

/** The system's time, but that nobody waits by it: what is scheduled in the foreground, a pause before another try, comes at the next turn. */
export function impatientClock({ systemClock }: { readonly systemClock: Clock }): Clock {
  return {
    ...systemClock,
    schedule(task, options) {
      if (options.background === true) return systemClock.schedule(task, options);
      const turn = setImmediate(task);
      return () => clearImmediate(turn);
    },
  };
}
