import type { ErrorCode } from "./code.ts";

/**
 * The documented reasons, each with the one code it comes under. `reason` itself is open: a provider may use
 * a name of its own (`aws.IncorrectInstanceState`), and a reader treats a name it does not know by its code.
 */
const documented = {
  /** A ref, or a vendor id in its place, does not have the form of one. */
  ErrInvalidRef: "invalid_argument",
  /** The part of a ref that names the resource is not an id the vendor could have issued. */
  ErrInvalidResourceId: "invalid_argument",
  /** A request has a field that is missing, unknown or out of bounds. */
  ErrInvalidRequest: "invalid_argument",
  /** Settings of a package, or a file of configuration or metadata, are not valid. */
  ErrInvalidSettings: "invalid_argument",
  /** No provider of that name or version is registered. */
  ErrUnknownProvider: "invalid_argument",
  /** No registered provider knows that kind. */
  ErrUnknownKind: "invalid_argument",
  /** The account is not among those this tenant has. */
  ErrUnknownAccount: "invalid_argument",
  /** The partition or region is none of the vendor's, or none the account is configured for. */
  ErrUnknownRegion: "invalid_argument",
  /** A page token was altered, belongs to another tenant or query, or is of another version. */
  ErrInvalidPageToken: "invalid_argument",
  /** A page token was good once; the vendor no longer takes it. List again from the start. */
  ErrStalePageToken: "failed_precondition",
  /** The resource does not exist, or not any more, or not yet (vendors are eventually consistent). */
  ErrResourceNotFound: "not_found",
  /** The provider does not declare this capability, view or action. */
  ErrUnimplemented: "unimplemented",
  /** The call's deadline passed. */
  ErrDeadlineExceeded: "deadline_exceeded",
  /** The caller canceled the call. */
  ErrCanceled: "canceled",
  /** There are no credentials to make the call with. */
  ErrCredentialsMissing: "unauthenticated",
  /** The credentials, or the session they belong to, have expired. */
  ErrCredentialsExpired: "unauthenticated",
  /** The vendor does not know the credentials, or not in this form. */
  ErrCredentialsInvalid: "unauthenticated",
  /** The credentials belong to another account than the one the ref names. */
  ErrAccountMismatch: "failed_precondition",
  /** The caller, or the identity behind the credentials, may not do this. */
  ErrPermissionDenied: "permission_denied",
  /** The vendor's rate limit, or the kernel's share of it, is used up for the moment. */
  ErrThrottled: "resource_exhausted",
  /** A quota is used up that time alone refills slowly or not at all. */
  ErrQuotaExhausted: "resource_exhausted",
  /** The server has as many calls as it takes at once. Nothing was done. */
  ErrOverloaded: "resource_exhausted",
  /** The server is about to end, or its answer did not come through. Ask another, or later. */
  ErrServerUnavailable: "unavailable",
  /** The vendor could not be reached, cut the connection, or answered that it has a fault. */
  ErrVendorUnavailable: "unavailable",
  /** What replicas share, such as a Redis, could not be reached, did not answer in time, or refuses. */
  ErrStoreUnavailable: "unavailable",
  /** The vendor's answer could not be decoded. */
  ErrMalformedResponse: "internal",
  /** A provider broke its contract. */
  ErrProviderFault: "internal",
  /** A provider speaks no version of the contract that its host does. */
  ErrUnsupportedContract: "failed_precondition",
  /** A plugin is not what its metadata says it is. */
  ErrPluginMismatch: "failed_precondition",
  /** The resource is not in a state in which the action is possible. */
  ErrInvalidState: "failed_precondition",
  /** The vendor accepted the action and did not carry it out, or something else undid it. */
  ErrActionFailed: "aborted",
  /** An action with the same idempotency key and request is being carried out. */
  ErrActionInProgress: "aborted",
  /** The idempotency key named another request before. Take a new one for each wish. */
  ErrIdempotencyKeyReused: "already_exists",
  /** An operation token was altered, belongs to another tenant, or is of another version or key. */
  ErrInvalidOperationToken: "invalid_argument",
  /** An operation token was good once. Read the resource itself to see how it stands. */
  ErrExpiredOperationToken: "failed_precondition",
  /** A provider of that name and version is registered already. */
  ErrProviderExists: "already_exists",
  /** The registry was closed. */
  ErrRegistryClosed: "failed_precondition",
  /** Something threw what no layer expected. */
  ErrUnexpected: "unknown",
} as const satisfies Record<`Err${string}`, ErrorCode>;

/** A documented reason. */
export type DocumentedReason = keyof typeof documented;

/** A documented reason, or a name of a provider's own. */
export type ErrorReason = DocumentedReason | (string & {});

/** Every documented reason. */
export const documentedReasons: readonly DocumentedReason[] = Object.freeze(
  Object.keys(documented) as DocumentedReason[],
);

/** Whether `reason` is a documented one, which stands for one code. */
export function isDocumentedReason(reason: unknown): reason is DocumentedReason {
  return typeof reason === "string" && Object.hasOwn(documented, reason);
}

/** The code that a documented reason comes under. */
export function codeOfReason<Reason extends DocumentedReason>(reason: Reason): (typeof documented)[Reason] {
  return documented[reason];
}
