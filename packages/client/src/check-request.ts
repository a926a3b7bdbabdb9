import { type CallOperation, CloudLinkError, type Context, createTraceId, isRef, quote } from "@cloudlink/core";
import { isContext, type RefLike, requestMistake } from "@cloudlink/core/calls";

/** Checks what a server does not get to see, as the kernel does. @throws `invalid_argument` (`ErrInvalidRequest`). */
export function checkRequest(operation: CallOperation, ctx: Context, request: unknown): void {
  const mistake = requestMistake(operation, { ctx, request });
  if (mistake !== undefined) throw refusal(ctx, { operation, message: `${operation}(ctx, request): ${mistake}` });
}

/** @throws `invalid_argument` (`ErrInvalidRequest`) for what is no context. */
export function checkContext(operation: string, ctx: unknown): asserts ctx is Context {
  if (isContext(ctx)) return;
  throw refusal(undefined, {
    operation,
    message: `${operation}: the context comes first. Make one with background().`,
  });
}

/** A ref as it is sent: its own text, or the vendor's id as it was given. @throws `invalid_argument` (`ErrInvalidRef`). */
export function refText(ref: RefLike): string {
  if (isRef(ref)) return ref.key;
  // What is no Unicode would be sent as another text.
  if (typeof ref === "string" && ref.isWellFormed()) return ref;
  throw new CloudLinkError({
    reason: "ErrInvalidRef",
    message: `${quote(ref)} is not a ref. Give one, its text, or an id of the vendor's own such as an ARN.`,
    origin: "caller",
  });
}

/** The error of a request that is not sent. */
export function invalidRequest(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidRequest", message, origin: "caller" });
}

function refusal(
  ctx: unknown,
  { operation, message }: { readonly operation: string; readonly message: string },
): CloudLinkError {
  const traceId = (isContext(ctx) ? ctx.trace?.traceId : undefined) ?? createTraceId();
  return invalidRequest(message).with({ operation, traceId });
}
