/** Where an answer came from. */
export type AnswerSource = "live" | "memory" | "redis" | "event";

/**
 * How fresh an answer is.
 *
 * Invariant: an entry or a running flight answers a read if and only if its `observedAt` is no earlier than `now − maxAgeMs`; an older one
 * answers only where the caller, or the kind for a caller who says nothing, takes a stale answer.
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
  /** Whether a newer observation of the resource was on its way when the answer was given. */
  readonly refreshing: boolean;
  /** By how much the vendor's source itself lags (an inventory service, say). Such a source never serves a live read. */
  readonly sourceLagMs?: number;
}

/** How old an answer may be, in milliseconds. */
export interface FreshnessBounds {
  /** The oldest observation that will do; 0 is live. */
  readonly maxAgeMs: number;
  /** By how much older it may be if a newer one is fetched meanwhile (RFC 5861, `stale-while-revalidate`). 0 if left out. */
  readonly staleWhileRevalidateMs?: number;
  /** By how much older it may be if the vendor cannot be reached, throttles or has a fault (RFC 5861, `stale-if-error`). 0 if left out. */
  readonly staleIfErrorMs?: number;
}

/**
 * What is good enough for a caller who does not say: advertised by a kind, or by a provider for its own resources, which then counts alone.
 * Plain data.
 */
export interface FreshnessAdvice extends FreshnessBounds {
  /** For a resource that is about to change: the first rule whose field has one of its words counts in place of the rest. */
  readonly rules?: readonly FreshnessRule[];
  /** Of a list, in milliseconds: which resources there are changes at another pace than they do. Live if left out. */
  readonly listMaxAgeMs?: number;
}

/** See {@link FreshnessAdvice.rules}. */
export interface FreshnessRule extends FreshnessBounds {
  /** A field of the value, as property names joined by dots. */
  readonly path: string;
  readonly words: readonly string[];
}
