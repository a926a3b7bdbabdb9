import type { CancelableContext, Context } from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";

/**
 * The context that a call leaves the kernel with: it ends with the caller's and when the kernel closes, and stands in the call's
 * trace. Disposing of it lets go of timers and listeners.
 */
export function callContext(kernel: Kernel, call: KernelCall): CancelableContext {
  return call.ctx.withSignal(kernel.closing).withTrace(call.trace).withCancel();
}

/** {@link callContext} for a read: where the caller set no deadline it ends by the kernel's default, counted from the start of the call. */
export function readContext(kernel: Kernel, call: KernelCall): CancelableContext {
  const { ctx, startedAt } = call;
  if (ctx.deadlineAt !== Number.POSITIVE_INFINITY) return callContext(kernel, call);
  const leftMs = startedAt + kernel.defaultTimeoutMs - ctx.clock.monotonicMs();
  return ctx.withTimeout(Math.max(0, leftMs)).withSignal(kernel.closing).withTrace(call.trace).withCancel();
}

/** The context of a step of a list: the kernel's default deadline is for each of them, since the whole list and its consumer may be slow. */
export function stepContext(kernel: Kernel, ctx: Context): CancelableContext {
  const bounded = ctx.deadlineAt === Number.POSITIVE_INFINITY ? ctx.withTimeout(kernel.defaultTimeoutMs) : ctx;
  return bounded.withCancel();
}
