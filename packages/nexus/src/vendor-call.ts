import {
  type CallReport,
  CloudLinkError,
  type Context,
  createSpanId,
  type Lease,
  type Provider,
  type ProviderCall,
  type Scope,
  untilDone,
} from "@cloudlink/core";
import { budgetKeysOf, type CallLimit, callLimitsOf } from "./call-limits.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { providerError } from "./provider-fault.ts";
import { retrying } from "./retry.ts";

/** What is about to be asked of a provider. */
export interface VendorRequest<Result> {
  readonly call: KernelCall;
  /** The call's own context, or a narrower one. */
  readonly ctx: Context;
  readonly provider: Provider;
  readonly scope: Scope;
  /** Vendor operations that it declared for this capability. */
  readonly operations: readonly string[];
  /** The one resource that it is about, by its ref's key: some limits are a resource's own. */
  readonly resource?: string;
  /**
   * How many requests are paid for and were not sent yet, by limit: given where several calls have a part in what the provider sends, as the
   * pages of a list do.
   */
  readonly paid?: Map<string, number>;
  /**
   * Whether the call may be made once more after this failure; asked of each failure. Left out, it is a read, and may be.
   */
  mayRepeat?(error: unknown): boolean;
  /** How long, in milliseconds, anybody waits for it at most; as long as `ctx` allows if left out. */
  mostPatientMs?(): number;
  /** Told before each wait, for the next try or for a turn at the vendor's limits. */
  waiting?(wait: { error(): CloudLinkError; readonly delayMs: number }): void;
  /** Told of each request that the provider sends. */
  sent?(operation: string): void;
  /**
   * How long, in milliseconds, the provider is waited for once the context is over: it may know what came of the call, where the context
   * knows only that it is over. Left out, it is not waited for.
   */
  readonly lastWordMs?: number;
  /** Asks, and checks what comes: what it throws is taken for the provider's. */
  run(providerCall: ProviderCall): Promise<Result>;
}

/** A request, and what it is charged to. */
interface Charged<Result> extends VendorRequest<Result> {
  readonly limits: readonly CallLimit[];
  readonly paid: Map<string, number>;
}

/**
 * Runs one call of a provider's: when the vendor's limits have room for it, under a lease, by the context's deadline, tried again under the budget of
 * its limits.
 */
export async function callVendor<Result>(kernel: Kernel, request: VendorRequest<Result>): Promise<Result> {
  const { call, ctx, scope, operations } = request;
  const { kind } = call.subject;
  const declared = callLimitsOf(request.provider.metadata, request);
  const limits = kernel.limits.asTheyAre(declared, scope);
  const charged: Charged<Result> = { ...request, limits, paid: request.paid ?? new Map() };
  return await retrying(ctx, {
    budget: kernel.budgets.of(budgetKeysOf(declared, scope)),
    random: Math.random,
    mayRepeat: (error) => request.mayRepeat?.(error) ?? true,
    mostPatientMs: () => mostPatientMs(request),
    onRetry({ error, delayMs }) {
      call.retried();
      request.waiting?.({ error: () => error, delayMs });
      kernel.telemetry.retry({ scope, kind, operation: operations.join(","), delayMs, code: error.code });
    },
    attempt: () => withLease(kernel, charged),
  });
}

function mostPatientMs<Result>(request: VendorRequest<Result>): number {
  return request.mostPatientMs?.() ?? Number.POSITIVE_INFINITY;
}

/**
 * One attempt. A lease that the vendor refuses is dropped. When it says that the credentials have expired, the attempt is made once more
 * under a fresh lease: leases are shared, and one may expire between being handed out and being used.
 */
async function withLease<Result>(kernel: Kernel, request: Charged<Result>): Promise<Result> {
  const { call, ctx, scope, provider } = request;
  const attempt = async (lease: Lease) => {
    const leaving = new Set(request.limits);
    // Over with the attempt: what the provider made to listen to it goes then, and not with the last of a thousand batches.
    using own = ctx.withCancel();
    const providerCall: ProviderCall = {
      ctx: providerContext(call, own),
      scope,
      lease,
      report: reportOf(kernel, { ...request, leaving }),
    };
    try {
      return await untilOver(request, request.run(providerCall));
    } catch (thrown) {
      const error = providerError(thrown, provider);
      if (error.code === "unauthenticated") kernel.credentials.refused(lease);
      if (isThrottle(error)) {
        kernel.limits.throttled(ctx.clock, { limits: request.limits, afterMs: error.retry.afterMs });
      }
      throw error;
    } finally {
      for (const limit of leaving) kernel.limits.sent(ctx.clock, limit);
      leaving.clear();
    }
  };
  const lease = await enter(kernel, request);
  try {
    return await attempt(lease);
  } catch (error) {
    if (!CloudLinkError.isInstance(error) || error.reason !== "ErrCredentialsExpired") throw error;
    if (request.mayRepeat?.(error) === false) throw error;
    return await attempt(await enter(kernel, request));
  }
}

/**
 * An attempt's turn at the vendor's limits, and then its lease: what is handed out after a wait is good after it. With the lease the attempt has paid
 * for one request at each limit; without, it takes that back.
 */
async function enter<Result>(kernel: Kernel, request: Charged<Result>): Promise<Lease> {
  const { ctx, limits, paid } = request;
  const turn = kernel.limits.enter({ ...request, patienceMs: mostPatientMs(request) });
  if (turn !== undefined) await turn;
  try {
    const lease = await leaseFor(kernel, request);
    ctx.throwIfDone();
    for (const { key } of limits) paid.set(key, (paid.get(key) ?? 0) + 1);
    return lease;
  } catch (error) {
    kernel.limits.turnBack(ctx.clock, limits);
    throw error;
  }
}

/** Whether the vendor says that there were too many calls. A quota that is used up is another matter: to call less often does not help. */
function isThrottle({ code, reason, origin }: CloudLinkError): boolean {
  return code === "resource_exhausted" && reason !== "ErrQuotaExhausted" && origin !== "kernel";
}

/** What the provider gives, by the time the call is over, and its last word after that where it is asked for. */
async function untilOver<Result>(
  { ctx, lastWordMs }: VendorRequest<Result>,
  running: Promise<Result>,
): Promise<Result> {
  try {
    return await untilDone(ctx, running);
  } catch (error) {
    if (lastWordMs === undefined || ctx.error() === undefined) throw error;
    let cancel: (() => void) | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      cancel = ctx.clock.schedule(() => reject(error), { delayMs: lastWordMs });
    });
    try {
      return await Promise.race([running, late]);
    } finally {
      cancel?.();
    }
  }
}

async function leaseFor(
  kernel: Kernel,
  { ctx, scope }: { readonly ctx: Context; readonly scope: Scope },
): Promise<Lease> {
  ctx.throwIfDone();
  const lease = await untilDone(ctx, kernel.credentials.lease(ctx, scope));
  if (lease.scope.key === scope.key) return lease;
  throw new CloudLinkError({
    reason: "ErrUnexpected",
    message:
      "The credential broker gave a lease of another scope, and it was not used. Report it to the broker's authors.",
    origin: "credentials",
    provider: scope.provider,
  });
}

/** The provider's place in the trace is the kernel's call, and the call has an id of its own. */
export function providerContext(call: KernelCall, ctx: Context): Context {
  const spanId = createSpanId();
  return ctx.withTrace({ ...call.trace, spanId }).withCallId(spanId);
}

function reportOf<Result>(kernel: Kernel, request: Charged<Result> & { readonly leaving: Set<CallLimit> }): CallReport {
  const { call, scope, limits, paid, leaving } = request;
  const { clock } = request.ctx;
  return {
    vendorRequest({ operation }) {
      call.vendorCalled();
      request.sent?.(operation);
      kernel.telemetry.vendorRequest({ scope, kind: call.subject.kind, operation });
      for (const limit of limits) {
        if (!limit.operations.includes(operation)) continue;
        if (leaving.delete(limit)) kernel.limits.sent(clock, limit);
        const left = paid.get(limit.key) ?? 0;
        if (left > 0) paid.set(limit.key, left - 1);
        else kernel.limits.owe(clock, limit);
      }
    },
    quota(observation) {
      kernel.telemetry.quota({ ...observation, scope });
      kernel.limits.quota(clock, { limits, observation });
    },
  };
}
