import { CloudLinkError } from "./cloudlink-error.ts";
import type { DocumentedReason } from "./reason.ts";

/** The error of a caller's bad input, found before anything happened. */
export function invalid(reason: DocumentedReason, message: string): CloudLinkError {
  return new CloudLinkError({ reason, message, origin: "caller" });
}
