import { limitPace } from "./limit-pace.ts";
import type { LimitSize } from "./ports/limit-store.ts";

/** What is lost in sums of fractions: a token that is all there but for this is there. It is taken whole, so that no error adds up. */
const ROUNDING = 1e-6;

/**
 * A token bucket in one process, by a clock that it is told: what a kernel without a store keeps each limit with, and what every store's limits
 * behave like. Instants are of one monotonic clock, in milliseconds.
 *
 * Invariant: in any span of t seconds at most `burst + refillPerSecond × t` tokens are used. One that was taken and kept counts when it is used.
 */
export class LimitBucket {
  readonly #burst: number;
  readonly #perMs: number;
  #level: number;
  /** Until when the level is worked out; in the future while the bucket is closed, for nothing comes back until then. */
  #at: number;
  /** The part of the refill that comes back, at `#at`; it grows from then on. */
  #pace = 1;
  /** When the pace was lowered last. */
  #slowedAt = Number.NEGATIVE_INFINITY;
  /** Tokens that were taken and are not used yet: as much less room is in the bucket. */
  #kept = 0;

  /** Full, unless it is said how much is in it. */
  constructor(size: LimitSize, made: { readonly nowMs: number; readonly level?: number }) {
    this.#burst = size.burst;
    this.#perMs = size.refillPerSecond / 1_000;
    this.#level = Math.min(size.burst, made.level ?? size.burst);
    this.#at = made.nowMs;
  }

  /** How many tokens there are; below zero where more was spent than there was. */
  level(nowMs: number): number {
    this.#advance(nowMs);
    return this.#level;
  }

  /** Whether there are `tokens`. */
  has(tokens: number, nowMs: number): boolean {
    return this.level(nowMs) >= tokens - ROUNDING;
  }

  /** Whether it is as it was made: nothing is lost with it. */
  isIdle(nowMs: number): boolean {
    this.#advance(nowMs);
    return (
      this.#kept === 0 && this.#pace === 1 && this.#level >= this.#burst && this.#slowedAt + limitPace.apartMs <= nowMs
    );
  }

  /** Takes tokens, there or not. */
  take(tokens: number, nowMs: number): void {
    this.#advance(nowMs);
    this.#level -= tokens;
  }

  /** Takes one that is used later, or given back. */
  keep(nowMs: number): void {
    this.take(1, nowMs);
    this.#kept += 1;
  }

  /** One that was kept is used now. */
  use(nowMs: number): void {
    this.#advance(nowMs);
    this.#kept -= 1;
  }

  /** One that was kept is not needed. */
  giveBack(nowMs: number): void {
    this.use(nowMs);
    this.#level += 1;
  }

  /** One that was taken was not used after all. */
  refund(nowMs: number): void {
    this.#advance(nowMs);
    this.#level = Math.max(this.#level, Math.min(this.#burst - this.#kept, this.#level + 1));
  }

  /** The vendor refused a call, and named a time or not. */
  throttled(nowMs: number, afterMs = 0): void {
    this.#advance(nowMs);
    this.#level = Math.min(this.#level, 0);
    if (nowMs - this.#slowedAt >= limitPace.apartMs) {
      this.#pace = Math.max(limitPace.slowest, this.#pace * limitPace.decrease);
      this.#slowedAt = nowMs;
    }
    this.#at = Math.max(this.#at, nowMs + Math.max(0, afterMs || 0));
  }

  /** The vendor said how much is left. */
  lower(remaining: number, nowMs: number): void {
    this.#advance(nowMs);
    this.#level = Math.min(this.#level, Math.max(0, remaining));
  }

  /** Milliseconds until there will be `tokens`, if nobody takes any before; 0 if they are there. For more than the bucket holds, each is taken as it comes. */
  waitMs(tokens: number, nowMs: number): number {
    this.#advance(nowMs);
    const missing = tokens - this.#level;
    if (missing <= ROUNDING) return 0;
    return Math.max(0, this.#at - nowMs) + this.#timeFor(missing / this.#perMs);
  }

  #advance(nowMs: number): void {
    const elapsedMs = nowMs - this.#at;
    if (!(elapsedMs > 0)) return;
    const fullPaceAfterMs = (1 - this.#pace) / gainPerMs;
    const slowMs = Math.min(elapsedMs, fullPaceAfterMs);
    // What came back is the area below the pace: a slope up to the whole pace, and level after it.
    const paced = this.#pace * slowMs + (gainPerMs * slowMs ** 2) / 2 + (elapsedMs - slowMs);
    this.#level = Math.max(this.#level, Math.min(this.#burst - this.#kept, this.#level + paced * this.#perMs));
    this.#pace = elapsedMs >= fullPaceAfterMs ? 1 : this.#pace + gainPerMs * elapsedMs;
    this.#at = nowMs;
  }

  /** How long what takes `pacedMs` at the whole pace takes from now. */
  #timeFor(pacedMs: number): number {
    const slowMs = (1 - this.#pace) / gainPerMs;
    const paced = ((1 + this.#pace) / 2) * slowMs;
    if (pacedMs >= paced) return slowMs + pacedMs - paced;
    return (Math.sqrt(this.#pace ** 2 + 2 * gainPerMs * pacedMs) - this.#pace) / gainPerMs;
  }
}

const gainPerMs = limitPace.increasePerSecond / 1_000;
