/**
 * How a limit's bucket answers the vendor's refusals. Its pace is the part of the declared refill that comes back: additive increase and
 * multiplicative decrease, by which senders that know nothing of each other come to share what there is (D.-M. Chiu and R. Jain, 1989).
 */
export const limitPace = {
  /** What a refusal makes of the pace. A half, as in TCP: whoever else is charged to the limit gets the other one. */
  decrease: 0.5,
  /** The slowest pace. Below it a bucket would let so little through that nobody would learn that the vendor has room again. */
  slowest: 1 / 16,
  /** What the pace gains in a second: from a half it is whole again in 10 s, and from the slowest in less than 20 s. */
  increasePerSecond: 0.05,
  /**
   * Refusals that are closer together than this, in milliseconds, count as one: calls that were on their way together are refused together, and
   * what was sent before the first refusal says nothing of the slower pace.
   */
  apartMs: 1_000,
  /** For how long, in milliseconds, a process that asked of a limit counts as one that shares it. */
  replicaMs: 10_000,
} as const;
