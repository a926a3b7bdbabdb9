import { CloudLinkError, type DocumentedReason, type Scope } from "@cloudlink/core";
import { CredentialsFailure, type FailedStep } from "./shared-credentials.ts";
import {
  httpStatus,
  networkAddress,
  networkCode,
  retryAfterMs,
  type VendorError,
  vendorCode,
  vendorRequestId,
  vendorWords,
  withoutSecrets,
} from "./vendor-error.ts";
import { MalformedAnswer } from "./xml/malformed-answer.ts";

/** What was being done when the SDK threw. */
export interface FailedRequest {
  /** Such as `ec2:DescribeInstances`. */
  readonly operation: string;
  readonly scope: Scope;
  /** The region that was asked; a call of no region has none in its scope. */
  readonly region: string;
  /** Who the request was made as, in words for a person: a lease, a profile, a role. */
  readonly actor: string;
  /** What was sent with it, or signed it, and must not be seen. */
  readonly secrets: readonly string[];
  /** Whether the request held what is not to be seen beside its headers, such as an external id: AWS's words may quote it. */
  readonly isConfidential?: boolean;
}

/** What an error of CloudLink's is made of here; the rest is the same for all. */
type Explanation = {
  readonly message: string;
  readonly origin: CloudLinkError["origin"];
  readonly retry?: CloudLinkError["retry"];
} & (
  | { readonly reason: DocumentedReason }
  | { readonly reason: `aws.${string}`; readonly code: CloudLinkError["code"] }
);

/** How long a throttled call waits at least: the base that the Smithy retry settings give throttles. EC2 sends no Retry-After. */
const THROTTLED_AFTER_MS = 1_000;

/** How long a lack of capacity lasts at least: AWS asks to wait "a few minutes" ("Insufficient instance capacity" in the EC2 user guide). */
const CAPACITY_AFTER_MS = 120_000;

const again = { retryable: true };

/**
 * The SDK's error as one of CloudLink's. The SDK's object is not kept as cause: it holds the request, its signature and
 * session token. Of its message, only that of the codes is repeated where it says what is to be done.
 */
export function toCloudLinkError(error: unknown, request: FailedRequest): CloudLinkError {
  if (CloudLinkError.isInstance(error)) return error;
  if (error instanceof CredentialsFailure) return ofCredentials(error, request);
  return make(error, request, (vendor) => explain(vendor, request));
}

/** What failed is the way to the credentials: a profile, a file, or a request to STS or another source of theirs. */
function ofCredentials({ cause, step }: CredentialsFailure, asked: FailedRequest): CloudLinkError {
  if (CloudLinkError.isInstance(cause)) return cause;
  const request = {
    ...asked,
    // Where none of ours failed, it is what was asked that did not come about.
    operation: step.operation ?? asked.operation,
    secrets: [...asked.secrets, ...(step.secrets ?? [])],
    isConfidential: true,
  };
  return make(cause, request, (vendor) => {
    const explanation =
      explainMissing(vendor, { ...request, ...step }) ??
      (step.operation === undefined ? undefined : explainRefusedRole(vendor, request)) ??
      explain(vendor, { ...request, operation: step.operation ?? "getting credentials" });
    return { ...explanation, origin: "credentials" };
  });
}

function make(
  error: unknown,
  { operation, scope, region, secrets }: FailedRequest,
  explainError: (vendor: VendorError) => Explanation,
): CloudLinkError {
  const vendor = withoutSecrets(error, secrets);
  const code = vendorCode(vendor);
  const requestId = vendorRequestId(vendor);
  const status = httpStatus(vendor);
  return new CloudLinkError({
    ...(error instanceof MalformedAnswer ? explainMalformed(error) : explainError(vendor)),
    provider: "aws",
    operation,
    details: {
      account: scope.account,
      region,
      ...(code !== undefined && { vendorCode: code }),
      ...(requestId !== undefined && { vendorRequestId: requestId }),
      ...(status !== undefined && { httpStatus: String(status) }),
    },
  });
}

/** The decoder's words are its own: nothing of the answer stands in them. */
function explainMalformed({ message }: MalformedAnswer): Explanation {
  return {
    reason: "ErrMalformedResponse",
    message: `AWS's answer could not be decoded: ${message}. A proxy in between may have changed it.`,
    origin: "vendor",
    retry: again,
  };
}

function explain(vendor: VendorError, request: FailedRequest): Explanation {
  return explainCode(vendor, request) ?? explainConnection(vendor, request) ?? explainStatus(vendor, request);
}

/** By AWS's error code: EC2 API reference, "Error codes"; STS and common errors likewise. */
function explainCode(vendor: VendorError, { operation, scope, region, actor }: FailedRequest): Explanation | undefined {
  const origin = "vendor";
  const code = vendorCode(vendor);
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
        message: `AWS limits ${operation} in account ${scope.account}, ${region}. Call less often, accept older answers, or ask AWS for a higher limit.`,
        origin,
        retry: { retryable: true, afterMs: retryAfterMs(vendor) ?? THROTTLED_AFTER_MS },
      };
    case "ExpiredToken":
    case "ExpiredTokenException":
    case "RequestExpired":
    case "RequestTimeTooSkewed":
      return {
        reason: "ErrCredentialsExpired",
        message: `The credentials of ${actor} have expired, or this machine's clock is wrong. Renew them.`,
        origin,
      };
    case "AuthFailure":
    case "InvalidClientTokenId":
    case "UnrecognizedClientException":
    case "SignatureDoesNotMatch":
    case "InvalidSignatureException":
    case "IncompleteSignature":
    case "InvalidSecurity":
    case "MissingAuthenticationToken":
      return {
        reason: "ErrCredentialsInvalid",
        message: `AWS does not accept the credentials of ${actor} (${code}). Check the keys, and that the region is enabled for the account.`,
        origin,
      };
    case "UnauthorizedOperation":
    case "AccessDenied":
    case "AccessDeniedException":
    case "OptInRequired":
    case "Blocked":
      return {
        reason: "ErrPermissionDenied",
        message: `${capitalized(actor)} may not do ${operation} in account ${scope.account}. Allow it in IAM. AWS says: ${vendorWords(vendor)}`,
        origin,
      };
    case "InvalidInstanceID.NotFound":
      return {
        reason: "ErrResourceNotFound",
        message: `There is no such instance in account ${scope.account}, ${region}. One that was launched a moment ago may take seconds to appear.`,
        origin,
      };
    case "InvalidInstanceID.Malformed":
      return {
        reason: "ErrInvalidResourceId",
        message: `That is no id of an instance. AWS says: ${vendorWords(vendor)}`,
        origin: "caller",
      };
    case "IncorrectInstanceState":
    case "IncorrectState":
      return {
        reason: "ErrInvalidState",
        message: `In its present state AWS refuses ${operation} (${code}). Read its state, and wait for one in which it is possible. AWS says: ${vendorWords(vendor)}`,
        origin,
      };
    case "InsufficientInstanceCapacity":
    case "InsufficientHostCapacity":
    case "InsufficientCapacity":
    case "InsufficientReservedInstanceCapacity":
      return {
        reason: `aws.${code}`,
        code: "resource_exhausted",
        message: `AWS has no capacity left for ${operation} (${code}). Try again in some minutes, or with another size or zone.`,
        origin,
        retry: { retryable: true, afterMs: CAPACITY_AFTER_MS },
      };
    case "VcpuLimitExceeded":
    case "InstanceLimitExceeded":
    case "MaxSpotInstanceCountExceeded":
      return {
        reason: "ErrQuotaExhausted",
        message: `Account ${scope.account} may not run more in ${region} (${code}). Stop something else, or ask AWS for a higher quota.`,
        origin,
      };
    case "InvalidNextToken":
    case "InvalidPaginationToken":
    case "ExpiredPaginationToken":
      return stalePageToken;
    case "InvalidParameterValue":
      // EC2 has no code of its own for most tokens that it does not take; both wordings have been seen.
      return /pagination token|parameter NextToken/i.test(String(vendor.message)) ? stalePageToken : undefined;
    default:
      return undefined;
  }
}

const stalePageToken: Explanation = {
  reason: "ErrStalePageToken",
  message: "AWS no longer takes the page token. List again from the start.",
  origin: "vendor",
};

/** The SDK found no credentials where it looked. */
function explainMissing(
  { name, message }: VendorError,
  { actor, missingProfile }: FailedRequest & FailedStep,
): Explanation | undefined {
  if (missingProfile !== undefined) {
    return {
      reason: "ErrCredentialsMissing",
      message: `The profile ${JSON.stringify(missingProfile.slice(0, 200))} does not exist in AWS's shared config files (~/.aws/config, ~/.aws/credentials, or those that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name). \`aws configure list-profiles\` lists those that do.`,
      origin: "credentials",
    };
  }
  if (name !== "CredentialsProviderError" && name !== "TokenProviderError") return undefined;
  if (/\bexpired\b/i.test(String(message))) {
    return {
      reason: "ErrCredentialsExpired",
      message: `The log-in of ${actor} has expired. Log in again, such as with \`aws sso login\`.`,
      origin: "credentials",
    };
  }
  return {
    reason: "ErrCredentialsMissing",
    message: `No usable AWS credentials were found for ${actor}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile, or log in with \`aws sso login\`.`,
    origin: "credentials",
  };
}

function explainRefusedRole(vendor: VendorError, { actor }: FailedRequest): Explanation | undefined {
  const code = vendorCode(vendor);
  if (code !== "AccessDenied" && code !== "AccessDeniedException") return undefined;
  return {
    reason: "ErrPermissionDenied",
    message: `The role could not be assumed for ${actor}. Check that it exists, that its trust policy allows it, and the external id if it asks for one. AWS says: ${vendorWords(vendor)}`,
    origin: "credentials",
  };
}

/** By Node's code for what went wrong on the way. */
function explainConnection(vendor: VendorError, { operation, region }: FailedRequest): Explanation | undefined {
  const code = networkCode(vendor);
  if (code === undefined) return undefined;
  const unavailable = { reason: "ErrVendorUnavailable", origin: "vendor" } as const;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return {
      ...unavailable,
      message: `The address of AWS in ${JSON.stringify(region.slice(0, 40))} could not be found (${code}). Check the region, the endpoint and the network.`,
      retry: again,
    };
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|CRL_|ERR_TLS/.test(code)) {
    return {
      ...unavailable,
      message: `The server's certificate was not accepted (${code}). Where a proxy inspects TLS, give its certificate by AWS_CA_BUNDLE or caFile.`,
    };
  }
  if (code === "EPROTO" || /ERR_SSL|HPE_/.test(code)) {
    return {
      ...unavailable,
      message: `What answered does not speak the protocol that was expected (${code}). Check http or https in the endpoint, and the proxy.`,
    };
  }
  const address = code === "ECONNREFUSED" ? networkAddress(vendor) : undefined;
  if (address !== undefined) {
    return {
      ...unavailable,
      message: `Nothing answers on ${address} (${code}). Check the endpoint (AWS_ENDPOINT_URL, or the setting), and whether what should answer there runs.`,
      retry: again,
    };
  }
  return {
    ...unavailable,
    message: `The connection to AWS failed during ${operation} (${code}). Check the endpoint, the network and the proxy.`,
    retry: again,
  };
}

function explainStatus(vendor: VendorError, { operation, isConfidential = false }: FailedRequest): Explanation {
  const origin = "vendor";
  const words = isConfidential ? "" : ` It says: ${vendorWords(vendor)}`;
  const status = httpStatus(vendor);
  const code = vendorCode(vendor);
  if (status === 429) {
    return {
      reason: "ErrThrottled",
      message: `${operation} was answered with 429: too many requests. Call less often, or accept older answers.`,
      origin,
      retry: { retryable: true, afterMs: retryAfterMs(vendor) ?? THROTTLED_AFTER_MS },
    };
  }
  if (status !== undefined && status >= 500) {
    const afterMs = retryAfterMs(vendor);
    return {
      reason: "ErrVendorUnavailable",
      message: `AWS has a fault: ${operation} was answered with ${status}. Try again; if it stays, see AWS's status page.`,
      origin,
      retry: { retryable: true, ...(afterMs !== undefined && { afterMs }) },
    };
  }
  if (status !== undefined && status >= 300 && code === undefined) {
    return {
      reason: "ErrVendorUnavailable",
      message: `What answered ${operation} with ${status} is not AWS. Check the endpoint, and the proxy in between${status === 407 ? ", which asks for a user and a password" : ""}.`,
      origin,
    };
  }
  if (code !== undefined && /^(Invalid|Malformed|Missing|Unknown|Validation|FilterLimit)/.test(code)) {
    return {
      reason: "ErrInvalidRequest",
      message: `AWS does not take the request ${operation} (${code}).${words}`,
      origin,
    };
  }
  if (code !== undefined) {
    return {
      reason: `aws.${code}`,
      code: "failed_precondition",
      message: `AWS refused ${operation} (${code}).${words}`,
      origin,
    };
  }
  return {
    reason: "ErrMalformedResponse",
    message: `AWS's answer to ${operation} could not be understood. A proxy in between may have answered in its place.`,
    origin,
    retry: again,
  };
}

function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
