import type { ActionEffect, CloudLinkError } from "@cloudlink/core";
import type { Sending } from "./sending.ts";

/** Codes that EC2 gives with a status of 5xx, and by which it refuses: "Server error codes" in the EC2 API reference. */
const refusalForm = /^Insufficient\w*Capacity$/;

/**
 * What is known of an action whose request ended in `error`:
 * - `none` where no byte of it left, and where AWS refused it. A status below 500 is a refusal whoever gives it (RFC 9110, 15.5), except
 *   408, of one that gave up waiting and may have passed something on; of those above, a throttle is, and a lack of capacity.
 * - `done` where the answer's first line said that it was accepted, whatever became of the rest.
 * - `unknown` otherwise.
 */
export function effectOf({ hasLeft, status }: Sending, error: CloudLinkError): ActionEffect {
  if (status === undefined) return hasLeft ? "unknown" : "none";
  if (status < 300) return "done";
  if (status < 500) return status === 408 ? "unknown" : "none";
  return error.reason === "ErrThrottled" || refusalForm.test(error.details?.vendorCode ?? "") ? "none" : "unknown";
}
