import { CloudLinkError } from "@cloudlink/core";

/**
 * How many actions may be under way whose callers have left. They are the vendor's business by then and end by their deadlines; but who acts
 * and leaves, again and again, is held by nobody else.
 */
const MOST_LEFT = 1_000;

/** How long actions that are broken off at the end have to write down what came of them, in milliseconds. */
const LAST_MS = 1_000;

/** The actions of a kernel that are under way, whether or not their callers still wait. */
export interface Deeds {
  /** Aborts when they are broken off, which is later than the kernel closes. */
  readonly signal: AbortSignal;
  /** @throws `resource_exhausted` (`ErrOverloaded`) when too many are under way whose callers have left. */
  checkRoom(): void;
  add(work: Promise<unknown>): void;
  /** The caller of one that was added has left. */
  leave(work: Promise<unknown>): void;
  /** Waits until all have ended, and after `graceMs` milliseconds breaks off those that have not. */
  end(graceMs: number): Promise<void>;
}

export function createDeeds(brokenOff: () => CloudLinkError): Deeds {
  const running = new Set<Promise<unknown>>();
  const left = new Set<Promise<unknown>>();
  const controller = new AbortController();
  let idle: (() => void) | undefined;
  return {
    signal: controller.signal,
    checkRoom() {
      if (left.size < MOST_LEFT) return;
      throw new CloudLinkError({
        reason: "ErrOverloaded",
        message: `${MOST_LEFT} actions are under way whose callers have left, and no more are begun until some have ended.`,
        origin: "kernel",
        retry: { retryable: true, afterMs: 1_000 },
        effect: "none",
      });
    },
    add(work) {
      running.add(work);
      const over = () => {
        running.delete(work);
        left.delete(work);
        if (running.size === 0) idle?.();
      };
      work.then(over, over);
    },
    leave(work) {
      if (running.has(work)) left.add(work);
    },
    async end(graceMs) {
      if (running.size === 0) return;
      const { promise: done, resolve } = Promise.withResolvers<void>();
      idle = resolve;
      await within(graceMs, done);
      controller.abort(brokenOff());
      if (running.size > 0) await within(LAST_MS, done);
    },
  };
}

/** Real time, whatever clock the calls go by: it is the process that ends. */
async function within(timeoutMs: number, done: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  await Promise.race([done, late]);
  clearTimeout(timer);
}
