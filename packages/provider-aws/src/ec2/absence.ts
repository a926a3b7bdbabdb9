import { CloudLinkError, type ProviderCall, type Ref } from "@cloudlink/core";
import type { Sessions } from "../sessions.ts";

/** What is to be made of an instance that EC2 does not show. */
export interface Absence {
  /**
   * The account that the credentials belong to; asked once a lease, and only when something is absent. `undefined` where it cannot be
   * found out, as in a private network that STS is out of reach of.
   */
  accountOf(call: ProviderCall): Promise<string | undefined>;
  /**
   * The error for an instance that EC2 does not show to `operation`. It leaves out what another account owns without a word, so absence is
   * believed only of credentials that belong to the account, or whose account nobody can tell, which the error then says.
   */
  explain(call: ProviderCall, operation: string): Promise<(ref: Ref) => CloudLinkError>;
}

export function createAbsence(sessions: Sessions): Absence {
  async function accountOf(call: ProviderCall): Promise<string | undefined> {
    const identity = await sessions.identity(call, call.scope.region).catch(() => undefined);
    call.ctx.throwIfDone();
    return identity?.account;
  }

  async function explain(call: ProviderCall, operation: string): Promise<(ref: Ref) => CloudLinkError> {
    const { account, region } = call.scope;
    const owner = await accountOf(call);
    if (owner !== undefined && owner !== account) return (ref) => accountMismatch(call, owner).with({ ref: ref.key });
    const hint =
      owner === undefined
        ? "Whose the credentials are could not be checked: they may be another account's."
        : "One that was launched a moment ago may take seconds to appear.";
    return (ref) =>
      new CloudLinkError({
        reason: "ErrResourceNotFound",
        message: `There is no instance ${ref.id} in account ${account}, ${region}. ${hint}`,
        origin: "vendor",
        provider: "aws",
        operation,
        ref: ref.key,
      });
  }

  return { accountOf, explain };
}

/** The error for credentials of another account than the call's. */
export function accountMismatch({ scope }: ProviderCall, actual: string): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrAccountMismatch",
    message: `The credentials belong to account ${actual.replace(/[^\w-]/g, "?").slice(0, 40)}, and account ${scope.account} was asked about. Use a profile or a role of ${scope.account}.`,
    origin: "credentials",
    provider: "aws",
  });
}
