import type { Context } from "../context/context.ts";

/** Names what is kept of an operation, for one tenant. Neither may be cut another way to give the same. */
export interface OperationKey {
  readonly tenant: string;
  /** A digest of the operation's token. The token itself never reaches a store: who reads the store can follow nothing by what is there. */
  readonly id: string;
}

/**
 * Port: what it takes to go on with an operation, kept where every replica finds it.
 *
 * Invariants: what was put is found by the same tenant and id until its TTL is over, whatever else is stored, and by no others; of several
 * texts put under one key the last one is. A text holds no secret.
 */
export interface OperationStore {
  /**
   * Keeps a text for `ttlMs` milliseconds from now, in place of what was there.
   *
   * @throws `resource_exhausted` when there is no room; `unavailable` when the store cannot be asked.
   */
  put(ctx: Context, operation: OperationKey & { readonly ticket: string; readonly ttlMs: number }): Promise<void>;
  /** @throws `unavailable` when the store cannot be asked. */
  find(ctx: Context, key: OperationKey): Promise<string | undefined>;
}
