import { checkFreshnessBounds, type FreshnessBounds } from "@cloudlink/core";
import type { FreshnessRequest } from "@cloudlink/core/calls";

/** How old an answer may be, as a request says it. */
export interface FreshnessWish {
  /** `undefined` for a request that does not say: what is usual for a resource in that state. */
  readonly maxAgeMs: number | undefined;
  /** By how much older while a newer one is fetched. `undefined` for what is usual, of a request that does not say how old it may be either. */
  readonly revalidateMs: number | undefined;
  /** By how much older if the vendor cannot say; likewise. */
  readonly errorMs: number | undefined;
}

/** @throws `invalid_argument` (`ErrInvalidRequest`) for an age that is negative or not a number. */
export function freshnessWish(request: FreshnessRequest): FreshnessWish {
  const { maxAgeMs, staleWhileRevalidateMs: revalidateMs, staleIfErrorMs: errorMs } = request;
  checkFreshnessBounds("ErrInvalidRequest", request);
  if (maxAgeMs === undefined) return { maxAgeMs, revalidateMs, errorMs };
  // Who says how old it may be has said all: what kinds advertise beside it is for those who say nothing.
  return { maxAgeMs, revalidateMs: revalidateMs ?? 0, errorMs: errorMs ?? 0 };
}

/** By how much a source may lag at most that serves the wish; `advised` is what kind or provider advise. */
export function mostLagOf({ maxAgeMs }: FreshnessWish, advised: FreshnessBounds | undefined): number {
  return maxAgeMs ?? advised?.maxAgeMs ?? 0;
}
