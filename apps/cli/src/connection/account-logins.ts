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
  type Scope,
  type Telemetry,
} from "@cloudlink/core";
import type { Login } from "./login-options.ts";
import { retried } from "./retried.ts";

/** What {@link createAccountLogins} takes. */
export interface AccountLoginsSettings {
  readonly logins: readonly Login[];
  readonly providers: readonly Provider[];
  /** Told of the vendor requests and retries of logging in, under the kind {@link NONE}: the kernel sees none of them. */
  readonly telemetry: Telemetry;
}

/** How several accounts are reached: the kernel's two ports for it, of one mind about who logs in where. */
export interface AccountLogins {
  readonly accounts: AccountDirectory;
  readonly credentials: CredentialBroker;
}

/**
 * Accounts that are reached by a login each. Whose account a login leads to is asked of the vendor when a call first needs it, and kept;
 * a failure is not kept, whoever asks next has the login tried anew.
 *
 * A login that fails spoils no other: it stands in the directory as an account of its own, whose lease fails with the reason,
 * so that a list declares it among its problems. Of several logins to one account, the first is used.
 */
export function createAccountLogins(settings: AccountLoginsSettings): AccountLogins {
  const { logins, providers, telemetry } = settings;
  const parametersByRole = new Map(logins.map(({ role, parameters }) => [role, parameters]));
  const ambient = ambientCredentials(({ role }) => parametersByRole.get(role) ?? {});
  /** Why the last try of a login failed, by {@link loginKey}: for the lease of the account that stands in for it. */
  const failures = new Map<string, CloudLinkError>();
  const found = new Map<string, Promise<Account>>();

  function accountOf(ctx: Context, login: { readonly provider: Provider; readonly role: string }): Promise<Account> {
    const key = loginKey({ provider: login.provider.metadata.name, role: login.role });
    const known = found.get(key);
    if (known !== undefined) return known;
    const asked = identified(ctx, { ...login, ambient, telemetry });
    found.set(key, asked);
    asked.then(
      () => failures.delete(key),
      () => found.delete(key),
    );
    return asked;
  }

  async function accountsOf(ctx: Context, provider: Provider): Promise<readonly Account[]> {
    const { name } = provider.metadata;
    const accounts = logins.map(async ({ role, account: expected }): Promise<Account> => {
      try {
        return await accountOf(ctx, { provider, role });
      } catch (error) {
        ctx.throwIfDone();
        failures.set(loginKey({ provider: name, role }), loginFailure(error, { role, provider: name }));
        return { provider: name, partition: NONE, account: expected ?? role, regions: "*", listRegions: [NONE], role };
      }
    });
    return distinct(await Promise.all(accounts));
  }

  return {
    credentials: {
      async lease(ctx, scope) {
        const failure = failures.get(loginKey(scope));
        if (failure === undefined) return await ambient.lease(ctx, scope);
        // Tried as often as is worth while: the kernel has no reason to ask this lease again.
        throw failure.with({ retry: { ...failure.retry, retryable: false } });
      },
      refused: (lease) => ambient.refused(lease),
    },
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
        const failed = accounts.filter((each) => failures.has(loginKey(each)));
        const match = accounts.find((each) => each.partition === partition && each.account === account);
        if (match !== undefined && !failed.includes(match)) return match;
        // The account may be that of a login which failed: then why it failed says more than that it is unknown.
        const culprit = failed.find((each) => each.account === account) ?? failed[0];
        if (culprit !== undefined) throw failures.get(loginKey(culprit));
        return undefined;
      },
    },
  };
}

function loginKey({ provider, role }: { readonly provider: string; readonly role: string }): string {
  return JSON.stringify([provider, role]);
}

/** The account that a login leads to, as the provider finds out. It takes half of the time there is, so that one that hangs leaves the rest to others. */
async function identified(
  ctx: Context,
  login: {
    readonly provider: Provider;
    readonly role: string;
    readonly ambient: CredentialBroker;
    readonly telemetry: Telemetry;
  },
): Promise<Account> {
  const { provider, role, ambient, telemetry } = login;
  const { name } = provider.metadata;
  const { tenant } = ctx;
  const scope = createScope({ tenant, provider: name, partition: NONE, account: NONE, role, region: NONE });
  using own = ctx.withTimeout(ctx.remainingMs() / 2).withCancel();
  return await retried(own, {
    async attempt() {
      const lease = await ambient.lease(own, scope);
      const report = reportTo(telemetry, scope);
      const { partition, account, regions } = await provider.identify({ ctx: own, scope, lease, report });
      return { provider: name, partition, account, regions: "*", listRegions: regions, role };
    },
    onRetry({ error, delayMs }) {
      telemetry.retry({ scope, kind: NONE, operation: "identify", delayMs, code: error.code });
    },
  });
}

function reportTo(telemetry: Telemetry, scope: Scope): Parameters<Provider["identify"]>[0]["report"] {
  return {
    vendorRequest: ({ operation }) => telemetry.vendorRequest({ scope, kind: NONE, operation }),
    quota: (observation) => telemetry.quota({ ...observation, scope }),
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

function loginFailure(error: unknown, { role, provider }: { role: string; provider: string }): CloudLinkError {
  const known = CloudLinkError.from(error, {
    reason: "ErrUnexpected",
    message: "Logging in failed in a way that nobody expected.",
    origin: "plugin",
  });
  return known.with({ provider, operation: "identify", details: { ...known.details, login: role } });
}
