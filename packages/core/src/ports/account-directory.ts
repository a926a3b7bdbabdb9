import type { Context } from "../context/context.ts";

/** An account that a tenant may reach, and how. */
export interface Account {
  readonly provider: string;
  readonly partition: string;
  /** The vendor's id of it. */
  readonly account: string;
  /** The regions that may be asked about: `["-"]` for a vendor without regions, `"*"` for any. */
  readonly regions: readonly string[] | "*";
  /** The regions that a list looks in when its request names none; all of `regions` if left out. */
  readonly listRegions?: readonly string[];
  /** The credential role that calls are made as; part of the scope. */
  readonly role: string;
  /** A name for people. */
  readonly name?: string;
}

/** Port: the accounts of tenants. */
export interface AccountDirectory {
  /** Every account of the context's tenant, or those of one provider. */
  list(ctx: Context, request: { readonly provider?: string }): Promise<readonly Account[]>;
  /**
   * The account that a ref names, or `undefined` if this tenant has none such. A directory that has it in memory answers without
   * a promise, and with the same object while nothing has changed: this is asked on every read, those that a cache answers too.
   */
  find(
    ctx: Context,
    request: { readonly provider: string; readonly partition: string; readonly account: string },
  ): Account | undefined | Promise<Account | undefined>;
}
