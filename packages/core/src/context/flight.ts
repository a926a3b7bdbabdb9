import type { CloudLinkError } from "../error/cloudlink-error.ts";
import { type Context, errorOfAbort } from "./context.ts";

/** One piece of work that several calls wait for, each for as long as its own context allows. */
export interface Flight<Result> {
  /** Whether somebody waits, or it is held, and it is not over. */
  readonly isWanted: boolean;
  /** Whether it has landed, failed or been abandoned. */
  readonly isOver: boolean;
  /** How long the most patient of those who wait would wait, in milliseconds; `Infinity` once it is held. */
  patienceMs(): number;
  /** Waits for the result. Whoever leaves by its own context takes nobody along; whoever comes after the end is told how it ended. */
  join(ctx: Context): Promise<Result>;
  /** It is wanted though nobody waits, and is not abandoned from now on. */
  hold(): void;
  /**
   * Sends those away, with `error`, who cannot wait that long: what they wait for comes too late for them. It is read where there is one: a getter makes
   * no error for those who stay.
   */
  dismiss(request: { readonly waitMs: number; readonly error: CloudLinkError }): void;
  land(result: Result): void;
  fail(error: unknown): void;
}

interface Waiter<Result> {
  readonly ctx: Context;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Makes a flight. Who makes it does the work, on a context that is not the first caller's, and says how it ended.
 *
 * @param settings.abandoned - told once, when the last who waited has left before the end: the work can be broken off.
 */
export function createFlight<Result>(settings: { abandoned(): void }): Flight<Result> {
  const waiters = new Set<Waiter<Result>>();
  let isHeld = false;
  let isOver = false;
  /** What is told to whoever joins after the end. */
  let tellLate: (waiter: Waiter<Result>) => void = (waiter) => waiter.reject(errorOfAbort(undefined));

  function leave(waiter: Waiter<Result>, error: unknown): void {
    if (!waiters.delete(waiter)) return;
    waiter.reject(error);
    if (waiters.size > 0 || isHeld || isOver) return;
    isOver = true;
    settings.abandoned();
  }

  function end(tell: (waiter: Waiter<Result>) => void): void {
    isOver = true;
    tellLate = tell;
    const left = [...waiters];
    waiters.clear();
    for (const waiter of left) tell(waiter);
  }

  return {
    get isWanted() {
      return !isOver && (isHeld || waiters.size > 0);
    },
    get isOver() {
      return isOver;
    },
    patienceMs() {
      let longest = isHeld ? Number.POSITIVE_INFINITY : 0;
      for (const { ctx } of waiters) longest = Math.max(longest, ctx.remainingMs());
      return longest;
    },
    join(ctx) {
      const { signal } = ctx;
      return new Promise<Result>((resolve, reject) => {
        const onAbort = () => leave(waiter, errorOfAbort(signal.reason));
        const waiter: Waiter<Result> = {
          ctx,
          resolve(result) {
            signal.removeEventListener("abort", onAbort);
            resolve(result);
          },
          reject(error) {
            signal.removeEventListener("abort", onAbort);
            reject(error);
          },
        };
        if (isOver) {
          tellLate(waiter);
          return;
        }
        waiters.add(waiter);
        if (signal.aborted) onAbort();
        else signal.addEventListener("abort", onAbort, { once: true });
      });
    },
    hold() {
      isHeld = true;
    },
    dismiss(request) {
      for (const waiter of [...waiters]) {
        if (request.waitMs >= waiter.ctx.remainingMs()) leave(waiter, request.error);
      }
    },
    land: (result) => end((waiter) => waiter.resolve(result)),
    fail: (error) => end((waiter) => waiter.reject(error)),
  };
}
