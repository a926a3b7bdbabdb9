import type { Clock } from "../clock.ts";

/** Joins several reasons to stop, and a deadline, in one signal. */
export interface JoinedSignal {
  readonly signal: AbortSignal;
  /** Lets go of the sources and the timer, without aborting. */
  release(): void;
}

/**
 * One signal that aborts when the first of `sources` does, or when `deadlineAt` comes.
 *
 * `AbortSignal.any` keeps memory for as long as the longest-lived source; this one listens itself
 * and lets go of every source as soon as it has aborted or is released.
 */
export function joinSignals(
  sources: readonly AbortSignal[],
  deadline: { at: number; clock: Clock; reason: () => unknown },
): JoinedSignal {
  const controller = new AbortController();
  let cancelTimer: (() => void) | undefined;
  const listeners: (() => void)[] = [];
  const release = () => {
    cancelTimer?.();
    for (const [index, source] of sources.entries()) {
      const listener = listeners[index];
      if (listener !== undefined) source.removeEventListener("abort", listener);
    }
    listeners.length = 0;
  };
  const abort = (reason: unknown) => {
    release();
    controller.abort(reason);
  };

  const aborted = sources.find((source) => source.aborted);
  if (aborted !== undefined) {
    abort(aborted.reason);
    return { signal: controller.signal, release };
  }
  for (const source of sources) {
    const listener = () => abort(source.reason);
    listeners.push(listener);
    source.addEventListener("abort", listener, { once: true });
  }
  if (deadline.at !== Number.POSITIVE_INFINITY) {
    const leftMs = deadline.at - deadline.clock.monotonicMs();
    if (leftMs <= 0) abort(deadline.reason());
    else {
      // In the background: a deadline alone is no reason for a process to stay.
      cancelTimer = deadline.clock.schedule(() => abort(deadline.reason()), { delayMs: leftMs, background: true });
    }
  }
  return { signal: controller.signal, release };
}
