import { CloudLinkError, type Context, untilDone } from "@cloudlink/core";
import { pause } from "../pause.ts";

/** The kernel's own settings for a read (Smithy's): three tries in all, delays that double from a base, full jitter. */
const TRIES = 3;
const TRANSIENT_BASE_MS = 50;
const THROTTLE_BASE_MS = 1_000;

/**
 * Tries what the kernel does not try for us, as it tries a read: again where the error says that this may help, no sooner than the
 * vendor says, and not where the wait would outlast the deadline. Then the last try's own error is thrown.
 */
export async function retried<Result>(
  ctx: Context,
  request: {
    attempt(): Promise<Result>;
    /** Told before each wait. */
    onRetry(retry: { readonly error: CloudLinkError; readonly delayMs: number }): void;
  },
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await untilDone(ctx, request.attempt());
    } catch (error) {
      if (!CloudLinkError.isInstance(error) || !error.retry.retryable || tries >= TRIES) throw error;
      const baseMs = error.code === "resource_exhausted" ? THROTTLE_BASE_MS : TRANSIENT_BASE_MS;
      const delayMs = (error.retry.afterMs || 0) + Math.random() * baseMs * 2 ** (tries - 1);
      // At the deadline there is nothing left: then the deadline is the error, and it waits for nobody.
      if (delayMs >= ctx.remainingMs()) throw error;
      request.onRetry({ error, delayMs });
      await pause(ctx, delayMs);
    }
  }
}
