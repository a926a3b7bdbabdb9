import type { ProviderCall } from "@cloudlink/core";

/** Credentials as the SDK takes them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Where on the way to credentials something failed. */
export interface FailedStep {
  /** The request that did, such as `sts:AssumeRole`; left out where it was none of ours. */
  readonly operation?: string;
  /** What that request was made with, and must not be seen. */
  readonly secrets?: readonly string[];
  /** The profile that was named, where no file has it. */
  readonly missingProfile?: string;
}

/** Why there are no credentials: what was thrown on the way to them, by the SDK, is the cause. */
export class CredentialsFailure extends Error {
  override readonly name = "CredentialsFailure";
  readonly step: FailedStep;

  constructor(cause: unknown, step: FailedStep = {}) {
    super("no credentials", { cause });
    this.step = step;
  }
}

/** The parts of credentials that are to be found in no error. */
export function partsOf({ accessKeyId, secretAccessKey, sessionToken }: Credentials): readonly string[] {
  return [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])];
}

/** As early before their end as the SDK renews credentials (`EXPIRATION_MS` of @smithy/core). */
const RENEW_BEFORE_MS = 300_000;

/**
 * Credentials that are fetched when first needed and shared until they are about to expire. The fetch belongs to nobody's call: a caller
 * that leaves does not end it for the others, so `fetch` has to bound itself.
 *
 * @param fetch - told which call it was made for, so that its requests are counted there.
 */
export function shareCredentials(
  fetch: (call: ProviderCall) => Promise<Credentials>,
): (call: ProviderCall) => Promise<Credentials> {
  let held: Credentials | undefined;
  let fetching: Promise<Credentials> | undefined;
  return async (call) => {
    const endsAt = held?.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    if (held !== undefined && endsAt - call.ctx.clock.nowMs() > RENEW_BEFORE_MS) return held;
    fetching ??= fetch(call)
      .then((fetched) => {
        held = fetched;
        return fetched;
      })
      .catch((error: unknown) => {
        // What is held is good for some minutes more.
        if (held !== undefined && endsAt > call.ctx.clock.nowMs()) return held;
        throw error instanceof CredentialsFailure ? error : new CredentialsFailure(error);
      })
      .finally(() => {
        fetching = undefined;
      });
    return await fetching;
  };
}
