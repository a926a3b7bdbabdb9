import { type ProblemForm, problemOf, retryAfterOf } from "@cloudlink/client/wire";
import { CloudLinkError, httpStatusOf } from "@cloudlink/core";
import { HttpRefusal, refused } from "./http-refusal.ts";

/** A failure as HTTP answers it. */
export interface Failure {
  readonly error: CloudLinkError;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A client that reads this has not left, so it was not the client that canceled. */
const CLIENT_CLOSED_REQUEST = 499;

/** Whatever was thrown, as HTTP answers it. Of an error that nobody expected nothing is told. */
export function failureOf(thrown: unknown): Failure {
  const refusal = thrown instanceof HttpRefusal ? thrown : frameworkRefusal(thrown);
  if (refusal !== undefined) {
    const { status, error, headers } = refusal;
    return { status, error, headers: { ...retryAfter(error), ...headers } };
  }
  const error = CloudLinkError.from(thrown, {
    reason: "ErrUnexpected",
    message: "The server failed in a way that nobody expected. Its log has more under the trace id.",
    origin: "kernel",
  });
  const status = httpStatusOf(error.code);
  if (status === CLIENT_CLOSED_REQUEST) return failureOf(canceledHere(error));
  return { error, status, headers: retryAfter(error) };
}

/** The problem document of a failure. */
export function problemOfFailure({ error, status }: Failure, traceId: string): ProblemForm {
  return problemOf(error, { status, traceId });
}

function retryAfter({ retry }: CloudLinkError): Readonly<Record<string, string>> {
  const seconds = retry.retryable ? retryAfterOf(retry.afterMs) : undefined;
  return seconds === undefined ? {} : { "retry-after": seconds };
}

/** The call was canceled by this side, which ends: the kernel was closed. */
function canceledHere(error: CloudLinkError): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrServerUnavailable",
    message: "The server ended the call, because it is about to end itself. Ask again, or another server.",
    origin: "kernel",
    retry: { retryable: true, afterMs: 1_000 },
    cause: error,
    ...(error.effect !== undefined && { effect: error.effect }),
    ...(error.traceId !== undefined && { traceId: error.traceId }),
  });
}

/** What the framework refuses, by its own code; its messages may repeat the request and are not shown. */
const frameworkMessages: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: "The path is not percent-encoded UTF-8.",
  FST_ERR_MAX_PARAM_LENGTH: "A part of the path is too long.",
  FST_ERR_CTP_INVALID_MEDIA_TYPE:
    "The body is not of a content type that is read here. Send application/json in UTF-8.",
  FST_ERR_CTP_BODY_TOO_LARGE: "The body is too large.",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "The body is not as long as its Content-Length says.",
};

function frameworkRefusal(thrown: unknown): HttpRefusal | undefined {
  if (typeof thrown !== "object" || thrown === null || CloudLinkError.isInstance(thrown)) return undefined;
  const { code, statusCode } = thrown as { readonly code?: unknown; readonly statusCode?: unknown };
  if (typeof code !== "string" || typeof statusCode !== "number") return undefined;
  if (!code.startsWith("FST_") || statusCode < 400 || statusCode > 499) return undefined;
  const message = frameworkMessages[code] ?? "The request is not one that is understood here.";
  return refused(statusCode, { message });
}
