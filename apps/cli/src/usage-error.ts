import { CloudLinkError } from "@cloudlink/core";

/** The error of a command line that does not make sense; the message says what to write. */
export function usageError(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidRequest", message, origin: "caller" });
}
