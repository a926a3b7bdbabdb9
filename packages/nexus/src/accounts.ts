import type { Context } from "@cloudlink/core";
import {
  type Account,
  type AccountDirectory,
  CloudLinkError,
  createScope,
  type Identity,
  NONE,
  type ProviderDirectory,
  type Ref,
  type Scope,
} from "@cloudlink/core";

/** A directory of a fixed list of accounts, the same for every tenant. */
export function staticAccounts(accounts: readonly Account[]): AccountDirectory {
  const byKey = new Map(accounts.map((account) => [accountKey(account), account]));
  return {
    list: async (_ctx, { provider }) => accounts.filter((each) => provider === undefined || each.provider === provider),
    find: (_ctx, request) => byKey.get(accountKey(request)),
  };
}

/** The credential role of calls made with whatever credentials the vendor's own way finds. */
const AMBIENT_ROLE = "ambient";

/** The scope in which a provider is asked whose the ambient credentials are. */
export function ambientScope(tenant: string, provider: string): Scope {
  return createScope({ tenant, provider, partition: NONE, account: NONE, role: AMBIENT_ROLE, region: NONE });
}

/**
 * The directory of a kernel that was given no accounts: whatever account a ref names is tried with the ambient credentials,
 * and a list looks in the account that they belong to.
 */
export function ambientAccounts(
  providers: ProviderDirectory,
  identify: (ctx: Context, provider: string) => Promise<Identity>,
): AccountDirectory {
  return {
    async list(ctx, request) {
      const names = providers.list().map(({ metadata }) => metadata.name);
      const asked = names.filter((name) => request.provider === undefined || name === request.provider);
      return await Promise.all(
        asked.map(async (provider) => {
          const { partition, account, regions } = await identify(ctx, provider);
          return { provider, partition, account, regions: "*" as const, listRegions: regions, role: AMBIENT_ROLE };
        }),
      );
    },
    find: (_ctx, { provider, partition, account }) => ({
      provider,
      partition,
      account,
      regions: "*",
      role: AMBIENT_ROLE,
    }),
  };
}

function accountKey(account: Pick<Account, "provider" | "partition" | "account">): string {
  return [account.provider, account.partition, account.account].map(encodeURIComponent).join("/");
}

/** The scope that calls for a ref are made in. @throws `invalid_argument` for an account or a region that the tenant does not have. */
export function scopeOf(tenant: string, target: { readonly ref: Ref; readonly account: Account | undefined }): Scope {
  const { ref, account } = target;
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
  return createScope({ tenant, provider, partition, account: ref.account, role: account.role, region });
}
