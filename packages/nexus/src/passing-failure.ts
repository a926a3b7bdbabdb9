import { CloudLinkError } from "@cloudlink/core";

/** Failures that say nothing of the resource. What was refused, denied or is absent is so now, whatever was seen before. */
const passing: ReadonlySet<string> = new Set(["unavailable", "resource_exhausted", "deadline_exceeded", "internal"]);

/** Whether a failure may pass, and what was seen before may be so still. */
export function isPassing(error: unknown): boolean {
  return CloudLinkError.isInstance(error) && passing.has(error.code);
}
