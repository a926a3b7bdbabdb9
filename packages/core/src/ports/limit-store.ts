/** How much of something a vendor lets through: a bucket of tokens that a call takes one from. */
export interface LimitSize {
  /** The most calls in a burst, 1 or more: what the bucket holds when it is full. */
  readonly burst: number;
  /** How many tokens come back in a second; more than 0. */
  readonly refillPerSecond: number;
}

/** A limit of a vendor's that several processes are charged to. */
export interface SharedLimit extends LimitSize {
  /** Names it, the same in every process: provider, name and what the vendor counts by. It holds no secret. */
  readonly key: string;
}

/** A wish for tokens. */
export interface LimitTake {
  readonly limit: SharedLimit;
  /** How many are wanted, a whole number. 0 to ask for none, and only pay what is owed. */
  readonly most: number;
  /** Tokens that were spent without having been taken: charged whatever is there, so that the bucket may go below zero. */
  readonly owed: number;
}

/** What {@link LimitStore.take} gives. */
export interface LimitGrant {
  /** How many whole tokens the process may spend, 0 to `most`. What it does not spend within a moment it lets go. */
  readonly granted: number;
  /** Milliseconds until there is a token to take; 0 if there is one. */
  readonly afterMs: number;
  /** What is left in the bucket; below zero where more was spent than there was. */
  readonly remaining: number;
  /** How many processes asked of this limit within {@link limitPace}'s `replicaMs`, this one among them: 1 or more. */
  readonly replicas: number;
}

/**
 * Port: the vendors' limits, as processes share them. Every limit is a bucket, full at first, on one clock.
 *
 * Invariants: within any time of t seconds all processes together are granted at most `burst + refillPerSecond × t` tokens of a limit, and as many
 * fewer as were owed; while more than one process asks, no `take` gives more than that process's share of what is there
 * (`remaining ÷ replicas`, at least one token), so that nobody empties the bucket in one go; what the vendor said (`throttled`, `lower`) holds for
 * every process from the moment it is told.
 *
 * A kernel waits for an answer for a few milliseconds and goes on without one: nothing that a store does makes a call fail.
 */
export interface LimitStore {
  take(request: LimitTake): Promise<LimitGrant>;
  /**
   * The vendor refused a call, for it was one too many: somebody else is charged to the limit too, or it is lower than was thought. The bucket is
   * empty from now on, closed for `afterMs` milliseconds if the vendor named a time, and refills at a slower pace for a while ({@link limitPace}).
   */
  throttled(word: { readonly limit: SharedLimit; readonly afterMs?: number }): Promise<void>;
  /** The vendor said how much is left: if that is less than there was thought to be, it is so. */
  lower(word: { readonly limit: SharedLimit; readonly remaining: number }): Promise<void>;
}
