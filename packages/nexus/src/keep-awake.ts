/**
 * Keeps the process alive while somebody waits for a call that ends by itself. The timers of deadlines do not: a context that was
 * forgotten must not hold a program up. Without this, a program that awaits a vendor which never answers would end before its deadline.
 */
export interface KeepAwake {
  /** Until it is disposed of, the process stays. */
  hold(): Disposable;
}

/** Any delay does, because nothing happens when it comes; this is the longest that Node's timers take (Node.js documentation, `setTimeout`). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One timer for all calls of a kernel, there only while one of them is pending. It is the process's, whatever clock the calls go by. */
export function createKeepAwake(): KeepAwake {
  let held = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    hold() {
      held += 1;
      timer ??= setInterval(() => {}, LONGEST_TIMER_MS);
      return {
        [Symbol.dispose]() {
          held -= 1;
          if (held > 0) return;
          clearInterval(timer);
          timer = undefined;
        },
      };
    },
  };
}
