import {
  type Account,
  type AccountDirectory,
  ambientCredentials,
  CloudLinkError,
  type Context,
  type CredentialBroker,
  createScope,
  NONE,
  type Provider,
} from "@cloudlink/core";

/** One way to log in, for the account it leads to: a profile, or a role in an account that is known. */
export interface Login {
  /** Names the login for people, and is the credential role of the scopes it is used in. */
  readonly role: string;
  /** What the provider is steered by; it documents the names. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The account's id, where it is known before anybody asked. */
  readonly account?: string;
}

/** How several accounts are reached: the kernel's two ports for it, of one mind about who logs in where. */
export interface AccountLogins {
  readonly accounts: AccountDirectory;
  readonly credentials: CredentialBroker;
}

/**
 * Accounts that are reached by a login each. Whose account a login leads to is asked of the vendor, once, and only when a call needs it.
 *
 * A login that fails spoils no other: it stands in the directory as an account of its own, whose lease fails with the reason,
 * so that a list declares it among its problems. Of several logins to one account, the first is used.
 */
export function createAccountLogins(logins: readonly Login[], providers: readonly Provider[]): AccountLogins {
  const parametersByRole = new Map(logins.map(({ role, parameters }) => [role, parameters]));
  const failures = new Map<string, CloudLinkError>();
  const ambient = ambientCredentials(({ role }) => parametersByRole.get(role) ?? {});
  const credentials: CredentialBroker = {
    async lease(ctx, scope) {
      const failure = failures.get(scope.role);
      if (failure !== undefined) throw failure;
      return await ambient.lease(ctx, scope);
    },
    refused: (lease) => ambient.refused(lease),
  };

  async function accountOf(ctx: Context, provider: Provider, { role, account: expected }: Login): Promise<Account> {
    const { name } = provider.metadata;
    const scope = createScope({
      tenant: ctx.tenant,
      provider: name,
      partition: NONE,
      account: NONE,
      role,
      region: NONE,
    });
    try {
      const lease = await ambient.lease(ctx, scope);
      const { partition, account, regions } = await provider.identify({ ctx, scope, lease, report: unheard });
      return { provider: name, partition, account, regions: "*", listRegions: regions, role };
    } catch (error) {
      ctx.throwIfDone();
      failures.set(role, loginFailure(error, { role, provider: name }));
      return { provider: name, partition: NONE, account: expected ?? role, regions: "*", listRegions: [NONE], role };
    }
  }

  const found = new Map<string, Promise<readonly Account[]>>();
  function accountsOf(ctx: Context, provider: Provider): Promise<readonly Account[]> {
    const { name } = provider.metadata;
    const known = found.get(name);
    if (known !== undefined) return known;
    const asked = Promise.all(logins.map((login) => accountOf(ctx, provider, login))).then(distinct);
    found.set(name, asked);
    return asked;
  }

  return {
    credentials,
    accounts: {
      async list(ctx, request) {
        const asked = providers.filter(
          ({ metadata }) => request.provider === undefined || metadata.name === request.provider,
        );
        return (await Promise.all(asked.map((provider) => accountsOf(ctx, provider)))).flat();
      },
      async find(ctx, { provider: name, partition, account }) {
        const provider = providers.find(({ metadata }) => metadata.name === name);
        const accounts = provider === undefined ? [] : await accountsOf(ctx, provider);
        const match = accounts.find((each) => each.partition === partition && each.account === account);
        if (match !== undefined) return match;
        // The account may be that of a login which failed: then why it failed says more than that it is unknown.
        const failed = accounts.map(({ role }) => failures.get(role)).find((failure) => failure !== undefined);
        if (failed !== undefined) throw failed;
        return undefined;
      },
    },
  };
}

function distinct(accounts: readonly Account[]): readonly Account[] {
  const first = new Map<string, Account>();
  for (const each of accounts) {
    const key = `${each.partition} ${each.account}`;
    if (!first.has(key)) first.set(key, each);
  }
  return [...first.values()];
}

const unheard = { vendorRequest() {}, quota() {} };

function loginFailure(error: unknown, { role, provider }: { role: string; provider: string }): CloudLinkError {
  const known = CloudLinkError.from(error, {
    reason: "ErrUnexpected",
    message: "Logging in failed in a way that nobody expected.",
    origin: "plugin",
  });
  return known.with({ provider, operation: "identify", details: { ...known.details, login: role } });
}

/** What logins are made from: the options of a command. */
export interface LoginOptions {
  readonly accounts: readonly string[];
  readonly profiles: readonly string[];
  readonly roleArn?: string | undefined;
  readonly externalId?: string | undefined;
}

/** What stands in a role for the id of the account. */
export const ACCOUNT_PLACE = "{account}";

/**
 * The logins that the options ask for, or `undefined` where there is one login for everything, which the provider's settings carry.
 *
 * @throws `invalid_argument` for combinations that leave open which login is whose.
 */
export function loginsOf(options: LoginOptions): readonly Login[] | undefined {
  const { accounts, profiles, roleArn, externalId } = options;
  if (roleArn === undefined) {
    if (externalId !== undefined) throw invalidOptions("--external-id goes with --role-arn.");
    return profiles.length < 2 ? undefined : profiles.map((profile) => ({ role: profile, parameters: { profile } }));
  }
  if (profiles.length > 1)
    throw invalidOptions("--role-arn takes one --profile at most: name the one that may assume it.");
  if (!roleArn.includes(ACCOUNT_PLACE)) {
    if (accounts.length < 2) return undefined;
    throw invalidOptions(
      `A role of several accounts needs ${ACCOUNT_PLACE} where the account's id stands in --role-arn.`,
    );
  }
  const [profile] = profiles;
  const common = { ...(profile !== undefined && { profile }), ...(externalId !== undefined && { externalId }) };
  if (accounts.length === 0) return undefined;
  return accounts.map((account) => {
    const role = roleArn.replaceAll(ACCOUNT_PLACE, account);
    return { role, account, parameters: { ...common, roleArn: role } };
  });
}

function invalidOptions(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidRequest", message, origin: "caller" });
}
