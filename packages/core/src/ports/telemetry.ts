import type { TraceContext } from "../context/trace-context.ts";
import type { ErrorCode } from "../error/code.ts";
import type { AnswerSource } from "../freshness.ts";
import type { QuotaObservation } from "../provider/v1alpha1/call.ts";
import type { Scope } from "../scope.ts";

/** What was called of the kernel. */
export type CallOperation = "get" | "getMany" | "list" | "act" | "dryRun" | "operation";

/** A call of the kernel's that ended. */
export interface CallRecord {
  readonly operation: CallOperation;
  readonly provider: string;
  readonly kind: string;
  readonly tenant: string;
  readonly traceId: string;
  /** Where the answer came from; `undefined` when the call failed or spans several sources. */
  readonly source?: AnswerSource;
  readonly code: ErrorCode | "ok";
  readonly durationMs: number;
  readonly vendorCalls: number;
  readonly retries: number;
}

/** A request that a provider sent to its vendor. */
export interface VendorRequestRecord {
  readonly scope: Scope;
  readonly kind: string;
  /** The vendor's name for it. */
  readonly operation: string;
}

/** Port: what is observed of the kernel. All are notices; they must be quick and must not throw. */
export interface Telemetry {
  /** The trace that the running code is part of, where a tracing library knows it. */
  currentTrace(): TraceContext | undefined;
  call(record: CallRecord): void;
  vendorRequest(record: VendorRequestRecord): void;
  retry(record: VendorRequestRecord & { readonly delayMs: number; readonly code: ErrorCode }): void;
  quota(record: QuotaObservation & { readonly scope: Scope }): void;
}

/** Observes nothing. */
export const noTelemetry: Telemetry = {
  currentTrace: () => undefined,
  call() {},
  vendorRequest() {},
  retry() {},
  quota() {},
};
