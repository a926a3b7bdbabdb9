import { CloudLinkError, type DocumentedReason } from "@cloudlink/core";

/** The error of a command line that does not make sense; the message says what to write. */
export function usageError(message: string, reason: DocumentedReason = "ErrInvalidRequest"): CloudLinkError {
  return new CloudLinkError({ reason, message, origin: "caller" });
}
