import { CloudLinkError } from "@cloudlink/core";
import { replyOf } from "./redis-reply.ts";

/** The error for a Redis that has not answered. */
export function redisSilent(what: string): CloudLinkError {
  return unavailable(`${what} is kept in a Redis that did not answer in time. Try again when it does.`);
}

/**
 * The error for what ioredis rejected with. The original is not kept as its cause, and its message is not quoted: it holds the command with
 * all its arguments, or an address with a password in it.
 */
export function redisFailure(error: unknown, what: string): CloudLinkError {
  const reply = replyOf(error);
  if (reply === undefined)
    return unavailable(`${what} is kept in a Redis that cannot be reached, or was left. Try again when it can.`);
  const { word, mends } = reply;
  const details = { redis: word };
  if (word === "OOM") {
    return new CloudLinkError({
      reason: "ErrQuotaExhausted",
      message: `${what} is kept in a Redis that has no memory left. Give it more (maxmemory), or wait until something has expired.`,
      origin: "cache",
      retry: { retryable: true },
      details,
    });
  }
  return unavailable(`${what} is kept in a Redis that refuses (${word}).`, { retryable: mends, details });
}

function unavailable(
  message: string,
  { retryable = true, details }: { readonly retryable?: boolean; readonly details?: Record<string, string> } = {},
): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrStoreUnavailable",
    message,
    origin: "cache",
    retry: { retryable },
    ...(details !== undefined && { details }),
  });
}
