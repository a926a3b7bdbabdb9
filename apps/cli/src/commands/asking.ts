import type { CloudLinkError, Context } from "@cloudlink/core";
import { DEFAULT_TIMEOUT_MS } from "../connection/connection.ts";

/** Asks once, with a deadline of the question's own, so that one that hangs does not take all the time there is. */
export async function askOnce<Answer>(ctx: Context, ask: (own: Context) => Promise<Answer>): Promise<Answer> {
  using own = ctx.withTimeout(DEFAULT_TIMEOUT_MS).withCancel();
  return await ask(own);
}

/**
 * Whether to ask again after it: a fault, a rate limit, a question that was not answered in time. A context that is done is looked at
 * elsewhere: the deadline here is that of one question.
 */
export function mayPass({ code, retry }: CloudLinkError): boolean {
  return retry.retryable || code === "unavailable" || code === "resource_exhausted" || code === "deadline_exceeded";
}

/** What `--verbose` tells of an error that does not end the asking. */
export function setbackText({ ref = "", code, reason, rawMessage }: CloudLinkError): string {
  return `↻ ${ref} asked again, after ${code} (${reason}): ${rawMessage}`;
}
