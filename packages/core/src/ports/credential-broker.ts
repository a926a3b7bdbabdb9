import type { Context } from "../context/context.ts";
import { CloudLinkError } from "../error/cloudlink-error.ts";
import type { Lease } from "../lease.ts";
import type { Scope, ScopeKey } from "../scope.ts";
import { Secret } from "../secret.ts";

/**
 * Port: leases for scopes. The kernel asks only when a vendor is about to be called. Calls of one scope share a lease:
 * while one is good, the same object comes back.
 */
export interface CredentialBroker {
  /** @throws `unauthenticated` when there are none to be had. */
  lease(ctx: Context, scope: Scope): Promise<Lease>;
  /** The vendor refused the lease: it is not to be handed out again. Told late, after a new one was taken, it leaves that alone. */
  refused(lease: Lease): void;
}

/**
 * Leases without a credential store: every scope gets one of kind `ambient`, and the provider finds the vendor's own credentials
 * (environment, profiles, instance roles). What the kernel uses unless it is given another.
 *
 * @param parametersOf - what to steer the vendor's own way by, for a scope: a profile's name, say. The provider documents the names.
 */
export function ambientCredentials(
  parametersOf: (scope: Scope) => Readonly<Record<string, string>> = () => ({}),
): CredentialBroker {
  return onePerScope((id, scope) => ({
    id: `ambient-${id}`,
    scope,
    kind: "ambient",
    parameters: Object.freeze({ ...parametersOf(scope) }),
  }));
}

/**
 * Leases of keys that are known beforehand and do not expire, such as those of a test account.
 *
 * @param keysOf - the keys for a scope, under the names that the provider documents, or `undefined` where there are none.
 */
export function staticCredentials(
  keysOf: (scope: Scope) => Readonly<Record<string, string>> | undefined,
): CredentialBroker {
  return onePerScope((id, scope) => {
    const keys = keysOf(scope);
    if (keys === undefined) {
      throw new CloudLinkError({
        reason: "ErrCredentialsMissing",
        message: `There are no keys for ${scope.provider} account ${scope.account}, role ${scope.role}.`,
        origin: "credentials",
        provider: scope.provider,
      });
    }
    return { id: `keys-${id}`, scope, kind: "keys", keys: new Secret(Object.freeze({ ...keys })) };
  });
}

/** A broker that makes a lease when a scope first needs one, and again after the vendor refused it. */
function onePerScope(make: (id: number, scope: Scope) => Lease): CredentialBroker {
  const leases = new Map<ScopeKey, Lease>();
  let made = 0;
  return {
    async lease(_ctx, scope) {
      const known = leases.get(scope.key);
      if (known !== undefined) return known;
      made += 1;
      const lease = Object.freeze(make(made, scope));
      leases.set(scope.key, lease);
      return lease;
    },
    refused(lease) {
      if (leases.get(lease.scope.key) === lease) leases.delete(lease.scope.key);
    },
  };
}
