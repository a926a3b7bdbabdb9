import { CloudLinkError } from "@cloudlink/core";

/** Replies that no repeat of the same command mends: somebody has to change a setting first. */
const settled = new Set(["NOAUTH", "WRONGPASS", "NOPERM", "WRONGTYPE", "ERR"]);

/** The error for a Redis that has not answered. */
export function redisSilent(what: string): CloudLinkError {
  return unavailable(`${what} is kept in a Redis that did not answer in time. Try again when it does.`);
}

/**
 * The error for what ioredis rejected with. The original is not kept as its cause, and its message is not quoted: it holds the command with
 * all its arguments, or an address with a password in it.
 */
export function redisFailure(error: unknown, what: string): CloudLinkError {
  const word = replyWord(error);
  if (word === undefined)
    return unavailable(`${what} is kept in a Redis that cannot be reached, or was left. Try again when it can.`);
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
  return unavailable(`${what} is kept in a Redis that refuses (${word}).`, { retryable: !settled.has(word), details });
}

/** What a reply of Redis's begins with, if the error is one: `READONLY`, `NOAUTH`, `OOM`. */
function replyWord(error: unknown): string | undefined {
  if (!(error instanceof Error && error.name === "ReplyError")) return undefined;
  const [, word = "ERR"] = /^([A-Z]{2,32})\b/.exec(error.message) ?? [];
  // Before Redis 7 what a command in a script was answered with stands in the middle: "ERR Error running script …: -OOM command not allowed".
  const [, inner] = word === "ERR" ? (/: -([A-Z]{2,32})\b/.exec(error.message) ?? []) : [];
  return inner ?? word;
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
