import { type CancelableContext, CloudLinkError, type Context } from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";

/**
 * The context that a read leaves the kernel with: it ends with the caller's, when the kernel closes, and, where the caller set no
 * deadline, by the kernel's default. Disposing of it lets go of timers and listeners.
 */
export function readContext(kernel: Kernel, ctx: Context): CancelableContext {
  const bounded = ctx.deadlineAt === Number.POSITIVE_INFINITY ? ctx.withTimeout(kernel.defaultTimeoutMs) : ctx;
  return bounded.withSignal(kernel.closing).withCancel();
}

/** @throws `invalid_argument` for an age that is negative or not a number. */
export function checkMaxAge(maxAgeMs: number | undefined): number {
  if (maxAgeMs === undefined) return 0;
  if (maxAgeMs >= 0) return maxAgeMs;
  throw new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: `maxAgeMs is a number of milliseconds, 0 or more; it was ${maxAgeMs}.`,
    origin: "caller",
  });
}
