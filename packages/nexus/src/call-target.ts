import { type Account, CloudLinkError, type Kind, NONE, type Ref, type Scope } from "@cloudlink/core";
import { checkAccount, scopeIn } from "./accounts.ts";
import { ambientAccount } from "./ambient-accounts.ts";
import { isPromise, waitedFor } from "./in-time.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { checkPermission } from "./permission-check.ts";
import { type Route, routeTo } from "./route.ts";

/** Where a call about one ref goes. */
export interface CallTarget {
  readonly ref: Ref;
  readonly route: Route;
  readonly scope: Scope;
  readonly account: Account;
}

/**
 * Route, permission and scope of a call: everything that is decided before a cache or a vendor is looked at.
 *
 * @throws `invalid_argument`, `permission_denied`.
 */
export async function callTarget(
  kernel: Kernel,
  request: {
    readonly call: KernelCall;
    readonly kind: Kind;
    readonly ref: Ref;
    /** What has to be permitted: `get`, or the name of an action. */
    readonly action: string;
  },
): Promise<CallTarget> {
  const { call, kind, ref, action } = request;
  const { ctx } = call;
  if (ref.kind !== kind.name) {
    throw invalidRef(
      ref,
      `The ref names a ${ref.kind}, and a ${kind.name} was asked for. Ask for the kind the ref names.`,
    );
  }
  const route = routeTo(kernel, { provider: ref.provider, kind });
  const { partitions } = route.provider.metadata;
  if (!partitions.includes(ref.partition)) {
    throw new CloudLinkError({
      reason: "ErrUnknownRegion",
      message: `"${ref.partition}" is no partition of ${ref.provider}. It has: ${partitions.join(", ")}.`,
      origin: "caller",
      ref: ref.key,
    });
  }
  // One resource has one ref: with a region where there is one, and only there.
  const { regional } = route.capabilities;
  if (regional && ref.region === NONE)
    throw invalidRef(ref, `A ${ref.kind} is addressed by region, and the ref names none.`);
  if (!regional && ref.region !== NONE) {
    throw invalidRef(
      ref,
      `A ${ref.kind} of ${ref.provider} is not addressed by region: write ${NONE} for "${ref.region}".`,
    );
  }
  checkPermission(kernel, { ctx, action, kind: kind.name, target: ref });
  const found = kernel.accounts === undefined ? ambientAccount(ref) : kernel.accounts.find(ctx, ref);
  const account = isPromise(found) ? await waitedFor(kernel, { call, promise: found }) : found;
  checkAccount(ref, account);
  return { ref, route, account, scope: scopeIn(account, { tenant: ctx.tenant, ref }) };
}

function invalidRef(ref: Ref, message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidRef", message, origin: "caller", ref: ref.key });
}
