import type { Account, CredentialBroker, LimitSize, Provider, Scope } from "@cloudlink/core";

/**
 * What a configuration comes to, under the names that `createNexus` takes it by: `createNexus({ ...composition })`. Left out is what the
 * configuration leaves out.
 *
 * Invariant: printed, inspected and as JSON, it does not show `tokenKey`.
 */
export interface Composition {
  /** Made here, and for the kernel that is given them to close. */
  readonly providers: readonly Provider[];
  readonly accounts?: readonly Account[];
  /** Leases for the accounts of the configuration, for its tenant alone. */
  readonly credentials?: CredentialBroker;
  readonly tokenKey?: Uint8Array;
  /** What the vendors' limits are for the accounts that say so. */
  readonly limits?: {
    of(limit: { readonly name: string; readonly scope: Scope }): LimitSize | "none" | undefined;
  };
  readonly defaultTimeoutMs?: number;
  readonly concurrency?: number;
}
