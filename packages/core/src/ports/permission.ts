import type { Context } from "../context/context.ts";

/** What somebody is about to do. */
export interface PermissionRequest {
  /** `get`, `list`, `invalidate`, or the name of an action. Of `invalidate` kind, provider, partition and account may be `*`: any. */
  readonly action: string;
  readonly kind: string;
  readonly provider: string;
  readonly partition: string;
  readonly account: string;
}

/** Port: who may do what. Asked on every call, before the cache; the answer is never kept. */
export interface Permission {
  /** @returns `undefined` when it is allowed, else why not, in words fit for the caller. Synchronous: it decides on what is in memory. */
  denial(ctx: Context, request: PermissionRequest): string | undefined;
}

/** Everybody may do everything: for a program that calls on its own behalf. */
export const allowAll: Permission = { denial: () => undefined };
