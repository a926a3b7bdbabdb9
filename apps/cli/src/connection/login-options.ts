import { usageError } from "../usage-error.ts";

/** One way to log in, for the account it leads to: a profile, or a role in an account that is known. */
export interface Login {
  /** Names the login for people, and is the credential role of the scopes it is used in. */
  readonly role: string;
  /** What the provider is steered by; it documents the names. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The account's id, where it is known before anybody asked. */
  readonly account?: string;
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
    if (externalId !== undefined) throw usageError("--external-id goes with --role-arn.");
    return profiles.length < 2 ? undefined : profiles.map((profile) => ({ role: profile, parameters: { profile } }));
  }
  if (profiles.length > 1) throw usageError("--role-arn takes one --profile at most: name the one that may assume it.");
  if (!roleArn.includes(ACCOUNT_PLACE)) {
    if (accounts.length < 2) return undefined;
    throw usageError(`A role of several accounts needs ${ACCOUNT_PLACE} where the account's id stands in --role-arn.`);
  }
  const [profile] = profiles;
  const common = { ...(profile !== undefined && { profile }), ...(externalId !== undefined && { externalId }) };
  if (accounts.length === 0) return undefined;
  return accounts.map((account) => {
    const role = roleArn.replaceAll(ACCOUNT_PLACE, account);
    return { role, account, parameters: { ...common, roleArn: role } };
  });
}
