import { CloudLinkError, type Lease, type ProviderCall, type Ref } from "@cloudlink/core";
import type { Sessions } from "../sessions.ts";

/** What is to be made of an instance that EC2 does not show, and of one that it would show to another account alone. */
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
  /**
   * Makes sure, before `operation` is sent, that it is not sent with another account's credentials, which would act on what that account
   * has under the id. Asked once a lease. Where it cannot be found out, the operation is let through, and nobody asks again for a while.
   *
   * @throws `failed_precondition` (`ErrAccountMismatch`), and whatever kept the lease from having credentials at all.
   */
  checkAccount(call: ProviderCall, operation: string): Promise<void>;
}

const ASKING = "sts:GetCallerIdentity";

/** How long an action waits to learn whose credentials it has. STS answers in a fraction of it; a network that drops packets never does. */
const ASKING_TIMEOUT_MS = 3_000;

/** For how long it is left at that then: STS may be out of reach for good, and each action would wait. */
const ASKING_AGAIN_MS = 60_000;

export function createAbsence(sessions: Sessions): Absence {
  const askAgainAt = new WeakMap<Lease, number>();

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

  async function checkAccount(call: ProviderCall, operation: string): Promise<void> {
    const { ctx, lease, scope } = call;
    const { clock } = ctx;
    if (clock.nowMs() < (askAgainAt.get(lease) ?? 0)) return;
    let owner: string;
    try {
      using own = ctx.withTimeout(ASKING_TIMEOUT_MS).withCancel();
      ({ account: owner } = await sessions.identity({ ...call, ctx: own }, scope.region));
    } catch (error) {
      ctx.throwIfDone();
      // There are no credentials to send the operation with either.
      if (CloudLinkError.isInstance(error) && error.origin === "credentials") {
        throw error.operation === ASKING ? error.with({ operation }) : error;
      }
      askAgainAt.set(lease, clock.nowMs() + ASKING_AGAIN_MS);
      return;
    }
    if (owner !== scope.account) throw accountMismatch(call, owner);
  }

  return { accountOf, explain, checkAccount };
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
