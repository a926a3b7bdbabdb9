import { CloudLinkError, type Context, type Kind, type Ref, type Scope } from "@cloudlink/core";
import { scopeOf } from "./accounts.ts";
import type { Kernel } from "./kernel.ts";
import { type Route, routeTo } from "./route.ts";

/** Where a read of one ref goes. */
export interface ReadTarget {
  readonly ref: Ref;
  readonly route: Route;
  readonly scope: Scope;
}

/**
 * Route, permission and scope of a read: everything that is decided before a cache or a vendor is looked at.
 *
 * @throws `invalid_argument`, `permission_denied`.
 */
export async function readTarget(
  kernel: Kernel,
  request: { readonly ctx: Context; readonly kind: Kind; readonly ref: Ref },
): Promise<ReadTarget> {
  const { ctx, kind, ref } = request;
  if (ref.kind !== kind.name) {
    throw new CloudLinkError({
      reason: "ErrInvalidRef",
      message: `The ref names a ${ref.kind}, and a ${kind.name} was asked for. Ask for the kind the ref names.`,
      origin: "caller",
      ref: ref.key,
    });
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
  checkPermission(kernel, { ctx, action: "get", kind: kind.name, target: ref });
  const found = kernel.accounts.find(ctx, ref);
  const account = found instanceof Promise ? await found : found;
  return { ref, route, scope: scopeOf(ctx.tenant, { ref, account }) };
}

/** @throws `permission_denied` with the reason that the permission port gives. */
export function checkPermission(
  kernel: Kernel,
  request: {
    readonly ctx: Context;
    readonly action: string;
    readonly kind: string;
    readonly target: { readonly provider: string; readonly partition: string; readonly account: string };
  },
): void {
  const { ctx, action, kind } = request;
  const { provider, partition, account } = request.target;
  const denial = kernel.permission.denial(ctx, { action, kind, provider, partition, account });
  if (denial === undefined) return;
  throw new CloudLinkError({ reason: "ErrPermissionDenied", message: denial, origin: "kernel", provider });
}
