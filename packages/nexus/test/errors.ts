import { CloudLinkError } from "@cloudlink/core";

/** The CloudLinkError that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<CloudLinkError> {
  const outcome = await promise.then(
    () => new TypeError("it did not fail"),
    (error: unknown) => error,
  );
  if (CloudLinkError.isInstance(outcome)) return outcome;
  throw outcome;
}

export function notFound(): CloudLinkError {
  return new CloudLinkError({ reason: "ErrResourceNotFound", message: "There is no such thing.", origin: "vendor" });
}

export function throttled(afterMs?: number): CloudLinkError {
  const retry = { retryable: true, ...(afterMs !== undefined && { afterMs }) };
  return new CloudLinkError({ reason: "ErrThrottled", message: "Too many.", origin: "vendor", retry });
}

export function unavailable(): CloudLinkError {
  const retry = { retryable: true };
  return new CloudLinkError({ reason: "ErrVendorUnavailable", message: "It is down.", origin: "vendor", retry });
}

export function refused(reason: "ErrCredentialsExpired" | "ErrCredentialsInvalid"): CloudLinkError {
  return new CloudLinkError({ reason, message: "Not these.", origin: "vendor" });
}
