import { CloudLinkError, type ErrorJson, httpStatusOf, isErrorCode } from "@cloudlink/core";
import type { ErrorForm } from "./error.schema.ts";
import type { ProblemForm } from "./problem.schema.ts";

/** What {@link problemOf} takes beside the error. */
export interface ProblemOptions {
  /** Status of the response; that of the error's code if left out. */
  readonly status?: number;
  /** Trace id of the request, for an error that has none yet. */
  readonly traceId?: string;
}

/** Before the reason in the `type` of a problem document. */
const TYPE_PREFIX = "urn:cloudlink:error:";

/** The problem document of an error. */
export function problemOf(error: CloudLinkError, options: ProblemOptions = {}): ProblemForm {
  const { message, ...fields } = encodeError(error);
  const traceId = fields.traceId ?? options.traceId;
  const words = error.code.replaceAll("_", " ");
  return {
    // A reason of a provider's own may have any characters.
    type: `${TYPE_PREFIX}${encodeURIComponent(error.reason.toWellFormed())}`,
    title: `${words.charAt(0).toUpperCase()}${words.slice(1)}`,
    status: options.status ?? httpStatusOf(error.code),
    detail: message,
    ...fields,
    ...(traceId !== undefined && { traceId }),
  };
}

/**
 * The error of a problem document, or `undefined` for one that is not this API's: a proxy may send such documents, too. Never trusting:
 * everything in it is bounded, as `CloudLinkError.fromJSON` does.
 */
export function errorOfProblem(problem: unknown): CloudLinkError | undefined {
  if (typeof problem !== "object" || problem === null) return undefined;
  const { code, reason, detail, ...fields } = problem as Readonly<Record<string, unknown>>;
  if (!isErrorCode(code) || typeof reason !== "string" || reason === "") return undefined;
  return CloudLinkError.fromJSON({ ...fields, code, reason, message: detail });
}

/** The form of an error inside of an answer. */
export function encodeError(error: CloudLinkError): ErrorForm {
  const json: ErrorJson = error.toJSON();
  return json as ErrorForm;
}

/** The header `Retry-After` of an error or of an operation that runs: whole seconds, rounded up; `undefined` where there is no wait to tell. */
export function retryAfterOf(afterMs: number | undefined): string | undefined {
  return afterMs === undefined || !Number.isFinite(afterMs) ? undefined : String(Math.ceil(afterMs / 1_000));
}
