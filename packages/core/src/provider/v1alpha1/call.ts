import type { Context } from "../../context/context.ts";
import type { Lease } from "../../lease.ts";
import type { Scope } from "../../scope.ts";

/**
 * What a provider tells the kernel while it works. Both are notices: they return at once, so that they mean the same
 * when the provider runs in another process and they arrive later.
 */
export interface CallReport {
  /** A request is being sent to the vendor. Told once for each, tries included, with the vendor's name for it. */
  vendorRequest(request: { readonly operation: string }): void;
  /** What the vendor says is left of a limit, from a header or a body. */
  quota(observation: QuotaObservation): void;
}

/** What a vendor said is left of one of its limits. */
export interface QuotaObservation {
  /** Name of the limit: a declared one, or the vendor's own name. */
  readonly limit: string;
  readonly remaining: number;
  /** The most there can be, where the vendor says. */
  readonly max?: number;
  /** Milliseconds until it is full again, where the vendor says. */
  readonly resetAfterMs?: number;
}

/**
 * The call a provider method is made under.
 *
 * A provider stops when `ctx.signal` aborts, down to the socket, and rejects with `ctx.error()`. It makes no vendor request
 * after `ctx` is done. It never retries by itself: the kernel does, under a budget that all calls of a limit share.
 */
export interface ProviderCall {
  /** Deadline, cancellation, tenant, trace and call id. */
  readonly ctx: Context;
  /** The one scope that everything of this call belongs to. */
  readonly scope: Scope;
  readonly lease: Lease;
  readonly report: CallReport;
}
