import {
  type CallReport,
  CloudLinkError,
  type Context,
  createSpanId,
  type Lease,
  type Provider,
  type ProviderCall,
  type Scope,
} from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { retrying } from "./retry.ts";
import { limitKeyOf } from "./retry-budget.ts";
import { untilDone } from "./until-done.ts";

/** What is about to be asked of a provider. */
export interface VendorTarget {
  readonly provider: Provider;
  readonly scope: Scope;
  /** Vendor operations that it declared for this capability. */
  readonly operations: readonly string[];
}

/**
 * Runs one read of a provider's: under a lease, by the context's deadline, tried again under the budget of its limit.
 * `ctx` may be narrower than the call's own.
 */
export async function callVendor<Result>(
  kernel: Kernel,
  request: VendorTarget & {
    readonly call: KernelCall;
    readonly ctx: Context;
    run(providerCall: ProviderCall): Promise<Result>;
  },
): Promise<Result> {
  const { call, ctx, scope, operations } = request;
  const { metadata } = request.provider;
  const kind = call.subject.kind;
  return await retrying(ctx, {
    budget: kernel.budgets.of(limitKeyOf(metadata, { scope, operations })),
    random: Math.random,
    onRetry({ error, delayMs }) {
      call.retries += 1;
      kernel.telemetry.retry({ scope, kind, operation: operations.join(","), delayMs, code: error.code });
    },
    attempt: () => withLease(kernel, request),
  });
}

/**
 * One attempt. When the vendor says that the credentials have expired, the lease is dropped and the attempt made once more under
 * a fresh one: leases are shared, and one may expire between being handed out and being used.
 */
async function withLease<Result>(kernel: Kernel, request: Parameters<typeof callVendor<Result>>[1]): Promise<Result> {
  const { call, ctx, scope } = request;
  const attempt = async (lease: Lease) => {
    ctx.throwIfDone();
    const providerCall: ProviderCall = {
      ctx: providerContext(call, ctx),
      scope,
      lease,
      report: reportOf(kernel, { call, scope }),
    };
    try {
      return await untilDone(ctx, request.run(providerCall));
    } catch (error) {
      throw providerError(error, request.provider);
    }
  };
  const lease = await untilDone(ctx, kernel.credentials.lease(ctx, scope));
  try {
    return await attempt(lease);
  } catch (error) {
    if (!CloudLinkError.isInstance(error) || error.code !== "unauthenticated") throw error;
    kernel.credentials.refused(lease);
    if (error.reason !== "ErrCredentialsExpired") throw error;
    return await attempt(await untilDone(ctx, kernel.credentials.lease(ctx, scope)));
  }
}

/** The provider's place in the trace is the kernel's call, and the call has an id of its own. */
export function providerContext(call: KernelCall, ctx: Context): Context {
  const spanId = createSpanId();
  return ctx.withTrace({ ...call.trace, spanId }).withCallId(spanId);
}

function reportOf(kernel: Kernel, { call, scope }: { call: KernelCall; scope: Scope }): CallReport {
  return {
    vendorRequest({ operation }) {
      call.vendorCalls += 1;
      kernel.telemetry.vendorRequest({ scope, kind: call.subject.kind, operation });
    },
    quota: (observation) => kernel.telemetry.quota({ ...observation, scope }),
  };
}

/** A provider rejects with a CloudLinkError; whatever else it throws is its own fault, and says so. */
function providerError(error: unknown, { metadata }: Provider): CloudLinkError {
  const known = CloudLinkError.from(error, {
    reason: "ErrProviderFault",
    message: `The provider "${metadata.name}" ${metadata.version} failed in a way its contract does not allow. Report it to its authors; the cause has the details.`,
    origin: "plugin",
  });
  return known.provider === undefined ? known.with({ provider: metadata.name }) : known;
}

/** The error for an answer that a provider's contract does not allow. */
export function providerFault(provider: Provider, what: string): CloudLinkError {
  const { name, version } = provider.metadata;
  return new CloudLinkError({
    reason: "ErrProviderFault",
    message: `The provider "${name}" ${version} broke its contract: ${what}. Report it to its authors.`,
    origin: "plugin",
    provider: name,
  });
}
