import { CloudLinkError } from "@cloudlink/core";

/** The error of an answer that is not what it should be. */
export function malformed(message: string, details?: Readonly<Record<string, string>>): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrMalformedResponse",
    message,
    origin: "kernel",
    ...(details !== undefined && { details }),
  });
}

/** The error of a server that was not reached, or whose answer did not come through. */
export function unavailable(
  message: string,
  known: { readonly details?: Readonly<Record<string, string>>; readonly afterMs?: number | undefined } = {},
): CloudLinkError {
  const { details, afterMs } = known;
  return new CloudLinkError({
    reason: "ErrServerUnavailable",
    message,
    origin: "kernel",
    retry: { retryable: true, ...(afterMs !== undefined && { afterMs }) },
    ...(details !== undefined && { details }),
  });
}
