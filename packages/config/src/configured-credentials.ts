import {
  ambientCredentials,
  CloudLinkError,
  type CredentialBroker,
  type Scope,
  staticCredentials,
} from "@cloudlink/core";
import type { ConfiguredCredentials } from "./configuration.ts";

/** An account whose partition is known, with how calls to it are made. */
export interface CredentialedAccount {
  readonly provider: string;
  readonly partition: string;
  readonly account: string;
  readonly role: string;
  readonly credentials: ConfiguredCredentials;
}

/** Leases for the accounts given, of one tenant. There is none for another account, role or tenant, whatever the environment holds. */
export function configuredCredentials(request: {
  readonly tenant: string;
  readonly accounts: readonly CredentialedAccount[];
}): CredentialBroker {
  const { tenant } = request;
  const byAccount = new Map(
    request.accounts.map((account) => [scopeKey({ ...account, tenant }), account.credentials] as const),
  );
  const credentialsOf = (scope: Scope) => byAccount.get(scopeKey(scope));
  const ambient = ambientCredentials((scope) => {
    const credentials = credentialsOf(scope);
    return credentials?.kind === "ambient" ? credentials.parameters : {};
  });
  const keys = staticCredentials((scope) => {
    const credentials = credentialsOf(scope);
    return credentials?.kind === "keys" ? credentials.keys.reveal() : undefined;
  });
  return {
    async lease(ctx, scope) {
      const credentials = credentialsOf(scope);
      if (credentials === undefined) throw missing(scope, tenant);
      return await (credentials.kind === "keys" ? keys : ambient).lease(ctx, scope);
    },
    refused: (lease) => (lease.kind === "keys" ? keys : ambient).refused(lease),
  };
}

/** All of a scope but its region: an account's credentials are good in each. */
function scopeKey(scope: Pick<Scope, "tenant" | "provider" | "partition" | "account" | "role">): string {
  const { tenant, provider, partition, account, role } = scope;
  return JSON.stringify([tenant, provider, partition, account, role]);
}

function missing({ provider, partition, account, role, ...scope }: Scope, tenant: string): CloudLinkError {
  const message =
    scope.tenant === tenant
      ? `The configuration has no account ${provider}/${partition}/${account} with the role ${role}. Add it to "accounts".`
      : `The accounts of the configuration belong to the tenant "${tenant}", and the call is made for another. Make the context of it withTenant("${tenant}").`;
  return new CloudLinkError({ reason: "ErrCredentialsMissing", message, origin: "credentials", provider });
}
