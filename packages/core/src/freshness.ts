/** Where an answer came from. */
export type AnswerSource = "live" | "memory" | "redis" | "event";

/**
 * How fresh an answer is.
 *
 * Invariant: an entry or a running flight answers a read if and only if its `observedAt` is no earlier than `now − maxAgeMs`.
 */
export interface Freshness {
  readonly source: AnswerSource;
  /**
   * When the vendor request behind the answer was *sent*, in milliseconds since the Unix epoch: what happened later may be missing
   * from the answer. A number, because every read compares it; on the wire it is RFC 3339.
   */
  readonly observedAt: number;
  /** Milliseconds between `observedAt` and the answer. */
  readonly ageMs: number;
  /** By how much the vendor's source itself lags (an inventory service, say). Such a source never serves a live read. */
  readonly sourceLagMs?: number;
}
