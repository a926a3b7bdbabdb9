import type { Context } from "../context/context.ts";
import type { Lease } from "../lease.ts";
import type { Scope, ScopeKey } from "../scope.ts";

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
  const leases = new Map<ScopeKey, Lease>();
  let made = 0;
  return {
    async lease(_ctx, scope) {
      const known = leases.get(scope.key);
      if (known !== undefined) return known;
      const lease: Lease = Object.freeze({
        id: `ambient-${++made}`,
        scope,
        kind: "ambient",
        parameters: Object.freeze({ ...parametersOf(scope) }),
      });
      leases.set(scope.key, lease);
      return lease;
    },
    refused(lease) {
      if (leases.get(lease.scope.key) === lease) leases.delete(lease.scope.key);
    },
  };
}
