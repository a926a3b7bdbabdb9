import type { Scope } from "@cloudlink/core";
import type { Composition } from "./composition.ts";
import type { PreparedAccount } from "./prepare-accounts.ts";

/** The setting of the kernel's for the accounts that say what their limits are; nothing where none does. */
export function configuredLimits(accounts: readonly PreparedAccount[]): Pick<Composition, "limits"> {
  const own = accounts.filter(({ limits }) => Object.keys(limits).length > 0);
  if (own.length === 0) return {};
  const byAccount = new Map(own.map(({ account, limits }) => [keyOf(account), new Map(Object.entries(limits))]));
  return { limits: { of: ({ name, scope }) => byAccount.get(keyOf(scope))?.get(name) } };
}

function keyOf({ provider, partition, account }: Pick<Scope, "provider" | "partition" | "account">): string {
  return JSON.stringify([provider, partition, account]);
}
