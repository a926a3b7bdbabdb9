import {
  type Account,
  type AccountDirectory,
  CloudLinkError,
  createScope,
  NONE,
  type Ref,
  type Scope,
} from "@cloudlink/core";

const none: readonly Account[] = [];

/**
 * A directory of a fixed list of accounts, the same for every tenant.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for an account that is listed twice: nothing would say which of its roles a read uses.
 */
export function staticAccounts(accounts: readonly Account[]): AccountDirectory {
  const byKey = new Map<string, Account>();
  for (const account of accounts) {
    const key = accountKey(account);
    if (byKey.has(key)) {
      throw new CloudLinkError({
        reason: "ErrInvalidSettings",
        message: `The account ${key} is listed twice. List it once, with the one role that it is read as.`,
        origin: "caller",
      });
    }
    byKey.set(key, account);
  }
  const all = [...byKey.values()];
  const byId = Map.groupBy(all, ({ account }) => account);
  return {
    list: async (_ctx, { provider }) => all.filter((each) => provider === undefined || each.provider === provider),
    // Asked on every read: to go through the few of one id costs less than to write a key.
    find(_ctx, { provider, partition, account }) {
      for (const each of byId.get(account) ?? none) {
        if (each.provider === provider && each.partition === partition) return each;
      }
      return undefined;
    },
  };
}

function accountKey(account: Pick<Account, "provider" | "partition" | "account">): string {
  return [account.provider, account.partition, account.account].map(encodeURIComponent).join("/");
}

/** @throws `invalid_argument` for an account or a region that the tenant does not have. */
export function checkAccount(ref: Ref, account: Account | undefined): asserts account is Account {
  const { provider, partition, region } = ref;
  if (account === undefined) {
    throw new CloudLinkError({
      reason: "ErrUnknownAccount",
      message: `No account ${provider}/${partition}/${ref.account} is configured. Add it to the accounts, or check the ref.`,
      origin: "caller",
      provider,
      ref: ref.key,
    });
  }
  if (account.regions !== "*" && region !== NONE && !account.regions.includes(region)) {
    throw new CloudLinkError({
      reason: "ErrUnknownRegion",
      message: `The account ${ref.account} is not configured for the region "${region}", only for: ${account.regions.join(", ")}.`,
      origin: "caller",
      provider,
      ref: ref.key,
    });
  }
}

/** The scope that calls for a ref are made in. */
export function scopeIn(account: Account, { tenant, ref }: { readonly tenant: string; readonly ref: Ref }): Scope {
  const { provider, partition, region } = ref;
  return createScope({ tenant, provider, partition, account: ref.account, role: account.role, region });
}
