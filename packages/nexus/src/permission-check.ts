import { CloudLinkError, type Context, type PermissionRequest } from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";

/** @throws `permission_denied` with the reason that the permission port gives. */
export function checkPermission(
  kernel: Kernel,
  request: {
    readonly ctx: Context;
    readonly action: string;
    readonly kind: string;
    readonly target: Pick<PermissionRequest, "provider" | "partition" | "account">;
  },
): void {
  const { ctx, action, kind } = request;
  const { provider, partition, account } = request.target;
  const denial = kernel.permission.denial(ctx, { action, kind, provider, partition, account });
  if (denial === undefined) return;
  throw new CloudLinkError({ reason: "ErrPermissionDenied", message: denial, origin: "kernel", provider });
}
