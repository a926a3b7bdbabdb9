import type { CloudLinkError } from "@cloudlink/core";
import { unavailable } from "./client-error.ts";

/** What is known of a request that got no answer. */
export interface NetworkFailure {
  readonly error: CloudLinkError;
  /** Whether it is certain that nothing was sent. */
  readonly unsent: boolean;
}

/** The system calls that come before anything is sent. */
const beforeSending: readonly unknown[] = ["connect", "getaddrinfo", "getaddrinfoasync"];

/** Errors of the platform's `fetch` without a system call that come before anything is sent, too (undici, `docs/api/Errors.md`). */
const unsentCodes: readonly string[] = ["UND_ERR_CONNECT_TIMEOUT"];

/** Codes of certificates that were not accepted (Node.js documentation, "X509 certificate error codes"): TLS sends nothing after that. */
const certificateCode = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|HOSTNAME_MISMATCH$|INVALID_CA$)/;

/** What became of a request whose `fetch` was rejected by other than its own signal. */
export function networkFailure(thrown: unknown, origin: string): NetworkFailure {
  const cause = recordOf(recordOf(thrown).cause);
  const code = codeOf(cause);
  const unsent = isUnsent(cause, code);
  const shown = code === undefined ? "" : ` (${code})`;
  const message = unsent
    ? `The server at ${origin} could not be reached${shown}. Is it running there?`
    : `The connection to the server at ${origin} failed before its answer${shown}.`;
  return { error: unavailable(message, code === undefined ? {} : { details: { networkError: code } }), unsent };
}

function isUnsent(cause: Readonly<Record<string, unknown>>, code: string | undefined): boolean {
  if (beforeSending.includes(cause.syscall)) return true;
  if (code !== undefined && (unsentCodes.includes(code) || certificateCode.test(code))) return true;
  // Where a name has several addresses, each has an error of its own.
  const { errors } = cause;
  return (
    Array.isArray(errors) &&
    errors.length > 0 &&
    errors.every((each) => isUnsent(recordOf(each), codeOf(recordOf(each))))
  );
}

/** Codes are words in capitals: nothing else of the error, which may be of a caller's own fetch, is shown. */
function codeOf({ code }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
