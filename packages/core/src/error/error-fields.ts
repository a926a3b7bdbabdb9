import type { ErrorCode } from "./code.ts";
import type { DocumentedReason, ErrorReason } from "./reason.ts";

/** Which part of the path from caller to vendor the error came from. */
export type ErrorOrigin = "caller" | "kernel" | "cache" | "credentials" | "plugin" | "vendor";

/** What is known about whether a failed action was carried out all the same. */
export type ActionEffect = "none" | "unknown" | "done";

/** Whether the same call may succeed later. */
export interface RetryAdvice {
  readonly retryable: boolean;
  /** The shortest wait, in milliseconds, before another try makes sense. */
  readonly afterMs?: number;
}

/** The fields of an error beside its message, all of them fit to be shown to the caller. */
export interface ErrorFields {
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  readonly origin: ErrorOrigin;
  readonly retry: RetryAdvice;
  /** On errors of actions only. */
  readonly effect?: ActionEffect;
  /** Name of the provider, such as `aws`. */
  readonly provider?: string;
  /** What was being done, such as `get` or `ec2:DescribeInstances`. */
  readonly operation?: string;
  /** The canonical ref of the resource concerned. */
  readonly ref?: string;
  /** W3C trace id of the call, 32 hexadecimal digits. */
  readonly traceId?: string;
  /** Further facts, such as the vendor's own error code or request id. Never a secret. */
  readonly details?: Readonly<Record<string, string>>;
}

/** What {@link CloudLinkError} is made from: the code may be left out where a documented reason implies it, and is needed beside any other. */
export type ErrorInit = Omit<ErrorFields, "code" | "retry"> & {
  readonly message: string;
  readonly retry?: RetryAdvice;
  /** Kept for a debugger in this process; it is never serialised. Give it nothing that holds a secret. */
  readonly cause?: unknown;
} & ({ readonly reason: DocumentedReason; readonly code?: ErrorCode } | { readonly code: ErrorCode });

/** An error as it travels: what {@link CloudLinkError.toJSON} gives and {@link CloudLinkError.fromJSON} takes. */
export interface ErrorJson extends ErrorFields {
  readonly message: string;
}
