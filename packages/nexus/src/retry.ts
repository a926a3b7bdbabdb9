import { CloudLinkError, type Context, untilDone } from "@cloudlink/core";
import type { RetryBudget } from "./retry-budget.ts";

/** The Smithy retry settings: three tries in all, delays that double from a base, full jitter, none over the cap. */
const TRIES = 3;
const TRANSIENT_BASE_MS = 50;
const THROTTLE_BASE_MS = 1_000;
const LONGEST_DELAY_MS = 20_000;

/** How a call is tried again. */
export interface RetrySettings {
  readonly budget: RetryBudget;
  /** Whether one more try can do no harm: told each failure, so that a caller can draw conclusions of its own. */
  mayRepeat(error: unknown): boolean;
  /** How long, in milliseconds, anybody waits for the result at most, where that may be less than the context allows. */
  mostPatientMs(): number;
  /** Told before each wait. */
  onRetry(retry: { readonly error: CloudLinkError; readonly delayMs: number }): void;
  /** From 0 up to 1: the jitter. */
  random(): number;
}

/**
 * Runs `attempt` until it succeeds, fails for good, or is not worth another try: no budget, no tries left, or a wait that
 * would outlast the deadline. Then the vendor's own error is what the caller gets, with how long to wait.
 */
export async function retrying<Result>(
  ctx: Context,
  request: RetrySettings & { attempt(): Promise<Result> },
): Promise<Result> {
  const { budget } = request;
  let lastTry: { throttled: boolean } | undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      const result = await request.attempt();
      budget.succeeded(lastTry);
      return result;
    } catch (error) {
      const mayRepeat = request.mayRepeat(error);
      if (!CloudLinkError.isInstance(error) || !error.retry.retryable || !mayRepeat || ctx.error() !== undefined)
        throw error;
      const throttled = error.code === "resource_exhausted";
      const delayMs = delayBefore(tries, error, request.random());
      const leftMs = Math.min(ctx.remainingMs(), request.mostPatientMs());
      if (tries >= TRIES || delayMs >= leftMs || !budget.spend({ throttled })) throw error;
      lastTry = { throttled };
      request.onRetry({ error, delayMs });
      await pause(ctx, delayMs);
    }
  }
}

function delayBefore(tries: number, error: CloudLinkError, random: number): number {
  const baseMs = error.code === "resource_exhausted" ? THROTTLE_BASE_MS : TRANSIENT_BASE_MS;
  const backoffMs = random * Math.min(LONGEST_DELAY_MS, baseMs * 2 ** (tries - 1));
  // On top of what was asked for, and not in its place: calls that were throttled together would come back together.
  // A provider read it from a vendor's header, and may have read NaN.
  return (error.retry.afterMs || 0) + backoffMs;
}

/** Waits, by the context's clock. @throws why the context is over, as soon as it is. */
export async function pause(ctx: Context, delayMs: number): Promise<void> {
  let cancel: (() => void) | undefined;
  const elapsed = new Promise<void>((resolve) => {
    cancel = ctx.clock.schedule(resolve, { delayMs });
  });
  try {
    await untilDone(ctx, elapsed);
  } finally {
    cancel?.();
  }
}
