import type { TraceContext } from "../context/trace-context.ts";
import type { ErrorCode } from "../error/code.ts";
import type { AnswerSource } from "../freshness.ts";
import type { QuotaObservation } from "../provider/v1alpha1/call.ts";
import type { Scope } from "../scope.ts";

/** What was called of the kernel. */
export type CallOperation =
  | "get"
  | "getMany"
  | "list"
  | "act"
  | "dryRun"
  | "operation"
  | "cached"
  | "invalidate"
  | "cacheStats";

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

/**
 * What became of a read, or of an entry, at the cache: `hit`, answered by what was kept; `stale`, answered by what was older than asked for;
 * `miss`, answered by the vendor; `collapsed`, answered by a vendor call that ran already; `batched`, answered by a vendor call that it
 * shares from the start; `refreshed`, an entry that was filled though nobody waited.
 */
export type CacheOutcome = "hit" | "stale" | "miss" | "collapsed" | "batched" | "refreshed";

/** Whose read it was, and of what. The kernel hands over the same object again and again, so that a counter can be found by it. */
export interface CacheSubject {
  readonly tenant: string;
  readonly provider: string;
  readonly kind: string;
}

/** Port: what is observed of the kernel. All are notices; they must be quick and must not throw. */
export interface Telemetry {
  /** The trace that the running code is part of, where a tracing library knows it. */
  currentTrace(): TraceContext | undefined;
  /** A call ended. Of a `get` that memory answered at once there is no record: {@link Telemetry.cache} tells of it, at no cost. */
  call(record: CallRecord): void;
  cache(outcome: CacheOutcome, subject: CacheSubject): void;
  vendorRequest(record: VendorRequestRecord): void;
  retry(record: VendorRequestRecord & { readonly delayMs: number; readonly code: ErrorCode }): void;
  quota(record: QuotaObservation & { readonly scope: Scope }): void;
}

/** Observes nothing. */
export const noTelemetry: Telemetry = {
  currentTrace: () => undefined,
  call() {},
  cache() {},
  vendorRequest() {},
  retry() {},
  quota() {},
};
