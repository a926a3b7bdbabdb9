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
  /** The budgets of these limits as one: a try takes its cost from each, if every one of them has it. */
  of(limitKeys: readonly string[]): RetryBudget;
}

export function createRetryBudgets(): RetryBudgets {
  // Only what was spent is kept: a budget that is full again takes no memory, however many accounts there are.
  const spentOf = new Map<string, number>();
  return {
    of: (limitKeys) => ({
      spend({ throttled }) {
        const cost = costOf(throttled);
        if (limitKeys.some((key) => (spentOf.get(key) ?? 0) + cost > FULL)) return false;
        for (const key of limitKeys) spentOf.set(key, (spentOf.get(key) ?? 0) + cost);
        return true;
      },
      succeeded(lastTry) {
        for (const key of limitKeys) {
          const left = (spentOf.get(key) ?? 0) - (lastTry === undefined ? 1 : costOf(lastTry.throttled));
          if (left > 0) spentOf.set(key, left);
          else spentOf.delete(key);
        }
      },
    }),
  };
}

function costOf(throttled: boolean): number {
  return throttled ? THROTTLE_COST : TRANSIENT_COST;
}
