import { CloudLinkError, type DocumentedReason, type ErrorOrigin, type RetryAdvice, type Scope } from "@cloudlink/core";
import { MalformedAnswer } from "./xml/malformed-answer.ts";

/** What was being done when the SDK threw. */
export interface FailedRequest {
  /** Such as `ec2:DescribeInstances`. */
  readonly operation: string;
  readonly scope: Scope;
  /** Who the request was made as, in words for a person: a lease, a profile, a role. */
  readonly actor: string;
}

/** The part of an SDK's error that is read here. */
interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  readonly cause?: unknown;
}

interface Explanation {
  readonly reason: DocumentedReason;
  readonly message: string;
  readonly origin?: ErrorOrigin;
  readonly retry?: RetryAdvice;
}

/** How long a throttled call waits at least: the base that the Smithy retry settings give throttles. EC2 sends no Retry-After. */
const THROTTLED_AFTER_MS = 1_000;

/**
 * The SDK's error as one of CloudLink's. The SDK's object is not kept as cause: it holds the request, its signature and
 * session token. Nor is its message, but for codes whose message is known to hold no secret (a refused signature's, for one, quotes headers).
 */
export function toCloudLinkError(error: unknown, request: FailedRequest): CloudLinkError {
  if (CloudLinkError.isInstance(error)) return error;
  const sdk = (typeof error === "object" && error !== null ? error : {}) as SdkError;
  const { operation, scope } = request;
  const explanation = explain(sdk, request);
  return new CloudLinkError({
    origin: "vendor",
    ...explanation,
    provider: "aws",
    operation,
    details: detailsOf(sdk, scope),
  });
}

function explain(sdk: SdkError, request: FailedRequest): Explanation {
  if (sdk instanceof MalformedAnswer) {
    return {
      reason: "ErrMalformedResponse",
      message: `AWS's answer could not be decoded: ${sdk.message}. A proxy in between may have changed it.`,
      retry: { retryable: true },
    };
  }
  return explainCode(sdk, request) ?? explainConnection(sdk, request) ?? explainStatus(sdk, request);
}

/** By AWS's error code: EC2 API reference, "Error codes"; STS and common errors likewise. */
function explainCode(sdk: SdkError, { operation, scope, actor }: FailedRequest): Explanation | undefined {
  const code = sdk.name ?? "";
  switch (code) {
    case "RequestLimitExceeded":
    case "EC2ThrottledException":
    case "Throttling":
    case "ThrottlingException":
    case "ThrottledException":
    case "RequestThrottled":
    case "RequestThrottledException":
    case "TooManyRequestsException":
    case "SlowDown":
      return {
        reason: "ErrThrottled",
        message: `AWS limits ${operation} in account ${scope.account}, ${scope.region}. Call less often, accept older answers, or ask AWS for a higher limit.`,
        retry: { retryable: true, afterMs: retryAfterMs(sdk) ?? THROTTLED_AFTER_MS },
      };
    case "ExpiredToken":
    case "ExpiredTokenException":
    case "RequestExpired":
      return {
        reason: "ErrCredentialsExpired",
        message: `The credentials of ${actor} have expired, or this machine's clock is wrong. Renew them.`,
      };
    case "AuthFailure":
    case "InvalidClientTokenId":
    case "UnrecognizedClientException":
    case "SignatureDoesNotMatch":
    case "IncompleteSignature":
    case "InvalidSecurity":
    case "MissingAuthenticationToken":
      return {
        reason: "ErrCredentialsInvalid",
        message: `AWS does not accept the credentials of ${actor} (${code}). Check the keys, and that the region is enabled for the account.`,
      };
    case "CredentialsProviderError":
    case "TokenProviderError":
      return {
        reason: /expired/i.test(sdk.message ?? "") ? "ErrCredentialsExpired" : "ErrCredentialsMissing",
        message: `No usable AWS credentials were found for ${actor}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile, or log in with \`aws sso login\`.`,
        origin: "credentials",
      };
    case "UnauthorizedOperation":
    case "AccessDenied":
    case "AccessDeniedException":
    case "OptInRequired":
    case "Blocked":
      return {
        reason: "ErrPermissionDenied",
        message: `${capitalized(actor)} may not do ${operation} in account ${scope.account}. Allow it in IAM. AWS says: ${vendorWords(sdk)}`,
      };
    case "InvalidInstanceID.NotFound":
      return {
        reason: "ErrResourceNotFound",
        message: `There is no such instance in account ${scope.account}, ${scope.region}. One that was launched a moment ago may take seconds to appear.`,
      };
    case "InvalidInstanceID.Malformed":
      return {
        reason: "ErrInvalidResourceId",
        message: `That is no id of an instance. AWS says: ${vendorWords(sdk)}`,
        origin: "caller",
      };
    case "InvalidNextToken":
    case "InvalidPaginationToken":
    case "ExpiredPaginationToken":
      return { reason: "ErrStalePageToken", message: "AWS no longer takes the page token. List again from the start." };
    default:
      return undefined;
  }
}

/** By Node's code for what went wrong on the way. */
function explainConnection(sdk: SdkError, { operation, scope }: FailedRequest): Explanation | undefined {
  const code = networkCode(sdk);
  if (code === undefined) return undefined;
  if (code === "ENOTFOUND") {
    return {
      reason: "ErrVendorUnavailable",
      message: `The address of AWS in "${scope.region}" could not be found. Check the region, the endpoint and the network.`,
      retry: { retryable: true },
    };
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/.test(code)) {
    return {
      reason: "ErrVendorUnavailable",
      message: `The server's certificate was not accepted (${code}). Where a proxy inspects TLS, give its certificate by AWS_CA_BUNDLE or caFile.`,
    };
  }
  return {
    reason: "ErrVendorUnavailable",
    message: `The connection to AWS failed during ${operation} (${code}). Check the endpoint, the network and the proxy.`,
    retry: { retryable: true },
  };
}

function explainStatus(sdk: SdkError, { operation }: FailedRequest): Explanation {
  const status = sdk.$metadata?.httpStatusCode;
  if (status === 429) {
    return {
      reason: "ErrThrottled",
      message: "AWS answered 429.",
      retry: { retryable: true, afterMs: retryAfterMs(sdk) ?? THROTTLED_AFTER_MS },
    };
  }
  if (status !== undefined && status >= 500) {
    return {
      reason: "ErrVendorUnavailable",
      message: `AWS has a fault: ${operation} was answered with ${status}. Try again; if it stays, see AWS's status page.`,
      retry: { retryable: true },
    };
  }
  if (status !== undefined && status >= 400) {
    return {
      reason: "ErrInvalidRequest",
      message: `AWS refused ${operation} (${vendorCode(sdk)}). It says: ${vendorWords(sdk)}`,
    };
  }
  return {
    reason: "ErrMalformedResponse",
    message: `AWS's answer to ${operation} could not be understood. A proxy in between may have answered in its place.`,
    retry: { retryable: true },
  };
}

const networkCodeForm =
  /^(E[A-Z_0-9]{3,40}|CERT_[A-Z_]{3,40}|SELF_SIGNED[A-Z_]{0,40}|DEPTH_ZERO_[A-Z_]{3,40}|UNABLE_TO_[A-Z_]{3,40})$/;

/** Node's error code, from the error itself or what it wraps: the SDK and `AggregateError`s of several addresses do. */
function networkCode(sdk: SdkError, depth = 0): string | undefined {
  if (sdk.code !== undefined && networkCodeForm.test(sdk.code)) return sdk.code;
  if (sdk.name === "TimeoutError") return "ETIMEDOUT";
  if (depth > 3 || typeof sdk.cause !== "object" || sdk.cause === null) return undefined;
  return networkCode(sdk.cause as SdkError, depth + 1);
}

function retryAfterMs(sdk: SdkError): number | undefined {
  const seconds = Number(sdk.$response?.headers?.["retry-after"]);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}

function vendorCode({ name = "" }: SdkError): string {
  return /^[\w.:-]{1,80}$/.test(name) ? name : "unknown";
}

/** AWS's message without the encoded part that only `sts decode-authorization-message` can read, and no longer than a screen. */
function vendorWords({ message = "" }: SdkError): string {
  const words = (message.split("Encoded authorization failure message")[0] ?? "").replace(/\p{Cc}+/gu, " ").trim();
  return words.length > 500 ? `${words.slice(0, 500)}…` : words || "nothing";
}

function detailsOf(sdk: SdkError, scope: Scope): Readonly<Record<string, string>> {
  const requestId = sdk.$metadata?.requestId;
  const status = sdk.$metadata?.httpStatusCode;
  return {
    account: scope.account,
    region: scope.region,
    ...(sdk.name !== undefined && { vendorCode: vendorCode(sdk) }),
    ...(requestId !== undefined && { vendorRequestId: requestId.slice(0, 80) }),
    ...(status !== undefined && { httpStatus: String(status) }),
  };
}

function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
