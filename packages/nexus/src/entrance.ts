import { type CallOperation, CloudLinkError, type Context, createTraceId } from "@cloudlink/core";
import { isContext, requestMistake } from "@cloudlink/core/calls";
import type { Kernel } from "./kernel.ts";

/**
 * Checks that a call has what every call needs, before anything is made of it.
 *
 * @throws `invalid_argument` (`ErrInvalidRequest`). Telemetry hears nothing of it: without a context there is no call.
 */
export function checkEntrance(
  kernel: Kernel,
  entrance: { readonly operation: CallOperation; readonly ctx: Context; readonly request: unknown },
): void {
  const { operation, ctx } = entrance;
  const mistake = requestMistake(operation, entrance);
  if (mistake === undefined) return;
  const trace = isContext(ctx) ? (ctx.trace ?? kernel.telemetry.currentTrace()) : undefined;
  throw new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: `${operation}(ctx, request): ${mistake}`,
    origin: "caller",
    operation,
    traceId: trace?.traceId ?? createTraceId(),
  });
}

/** @throws `invalid_argument` (`ErrInvalidRequest`) for what is no list of texts; a text is none, though it has an `includes` too. */
export function checkTexts(name: string, given: unknown): void {
  if (Array.isArray(given) && given.every((each) => typeof each === "string")) return;
  throw new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: `${name} is a list of texts. Write one in brackets, too.`,
    origin: "caller",
  });
}
