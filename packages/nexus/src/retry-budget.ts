import type { KindCapabilities, ProviderMetadata, Scope } from "@cloudlink/core";

/** What a budget holds when it is full, and what a try costs: the Smithy retry settings that the AWS SDKs use since 2026. */
const FULL = 500;
const TRANSIENT_COST = 14;
const THROTTLE_COST = 5;

/** What may still be spent on tries of calls that share a limit of the vendor's. */
export interface RetryBudget {
  /** Takes what one more try costs, or says that there is not enough left. */
  spend(failure: { readonly throttled: boolean }): boolean;
  /** A call came through: it gives back what its last try cost, or one unit if it took none. */
  succeeded(lastTry: { readonly throttled: boolean } | undefined): void;
}

/** The budgets of a kernel, one a limit scope, so that one account's trouble spends nothing of another's. */
export interface RetryBudgets {
  of(limitKey: string): RetryBudget;
}

export function createRetryBudgets(): RetryBudgets {
  // Only what was spent is kept: a budget that is full again takes no memory, however many accounts there are.
  const spentOf = new Map<string, number>();
  return {
    of: (limitKey) => ({
      spend({ throttled }) {
        const spent = (spentOf.get(limitKey) ?? 0) + costOf(throttled);
        if (spent > FULL) return false;
        spentOf.set(limitKey, spent);
        return true;
      },
      succeeded(lastTry) {
        const left = (spentOf.get(limitKey) ?? 0) - (lastTry === undefined ? 1 : costOf(lastTry.throttled));
        if (left > 0) spentOf.set(limitKey, left);
        else spentOf.delete(limitKey);
      },
    }),
  };
}

function costOf(throttled: boolean): number {
  return throttled ? THROTTLE_COST : TRANSIENT_COST;
}

/**
 * What calls of some vendor operations in a scope share: the first limit that the provider declares for one of them,
 * else the account.
 */
export function limitKeyOf(
  metadata: ProviderMetadata,
  call: { readonly scope: Scope; readonly operations: NonNullable<KindCapabilities["get"]>["operations"] },
): string {
  const { scope, operations } = call;
  const limit = metadata.limits.find((each) => each.operations.some((operation) => operations.includes(operation)));
  const dimensions = limit?.dimensions ?? ["partition", "account"];
  const values = dimensions.map((dimension) => {
    if (dimension === "resource") return "";
    return encodeURIComponent(dimension === "identity" ? scope.role : scope[dimension]);
  });
  return [metadata.name, limit?.name ?? "", ...values].join("/");
}
