import { LimitBucket, type LimitSize } from "@cloudlink/core";

/** Where the tokens of one limit come from. Instants are of one monotonic clock, in milliseconds. */
export interface TokenSource {
  /** The most tokens that whoever is busier than others leaves to them. */
  readonly reserve: number;
  /** Whether there are `tokens` at this moment. */
  has(tokens: number, nowMs: number): boolean;
  /** Takes one that {@link TokenSource.has}, to be used at once or after other limits have been waited for. */
  keep(nowMs: number): void;
  /** One that was kept is used now. */
  use(nowMs: number): void;
  /** One that was kept is not needed. */
  giveBack(nowMs: number): void;
  /** One was used, and nothing came of it. */
  refund(nowMs: number): void;
  /** One was used without having been taken. */
  owe(nowMs: number): void;
  throttled(nowMs: number, afterMs: number | undefined): void;
  /** The vendor said how much is left. @returns whether that is less than there was thought to be. */
  lower(remaining: number, nowMs: number): boolean;
  /** Milliseconds until there may be `tokens` at the earliest, if nobody else takes any. */
  waitMs(tokens: number, nowMs: number): number;
  /**
   * So many wait, and the first of them for `tokens`. @returns after how many milliseconds to look whether they are there; `undefined` if the source
   * says by itself when something has changed.
   */
  wanted(request: { readonly waiting: number; readonly tokens: number }, nowMs: number): number | undefined;
  /** Whether nothing would be lost with it. */
  isIdle(nowMs: number): boolean;
}

/** A tenth of the bucket, and no more than comes back in half a second: enough for the few calls of those who ask seldom. */
const RESERVE = 0.1;
const RESERVE_SECONDS = 0.5;

/** The tokens of a limit that this process has to itself. */
export class OwnTokens implements TokenSource {
  readonly reserve: number;
  readonly #bucket: LimitBucket;

  constructor(size: LimitSize, nowMs: number) {
    this.#bucket = new LimitBucket(size, { nowMs });
    this.reserve = Math.floor(Math.min(size.burst * RESERVE, size.refillPerSecond * RESERVE_SECONDS));
  }

  has(tokens: number, nowMs: number): boolean {
    return this.#bucket.has(tokens, nowMs);
  }

  keep(nowMs: number): void {
    this.#bucket.keep(nowMs);
  }

  use(nowMs: number): void {
    this.#bucket.use(nowMs);
  }

  giveBack(nowMs: number): void {
    this.#bucket.giveBack(nowMs);
  }

  refund(nowMs: number): void {
    this.#bucket.refund(nowMs);
  }

  owe(nowMs: number): void {
    this.#bucket.take(1, nowMs);
  }

  throttled(nowMs: number, afterMs: number | undefined): void {
    this.#bucket.throttled(nowMs, afterMs);
  }

  lower(remaining: number, nowMs: number): boolean {
    const before = this.#bucket.level(nowMs);
    this.#bucket.lower(remaining, nowMs);
    return this.#bucket.level(nowMs) < before;
  }

  waitMs(tokens: number, nowMs: number): number {
    return this.#bucket.waitMs(tokens, nowMs);
  }

  wanted({ tokens }: { readonly tokens: number }, nowMs: number): number {
    return this.#bucket.waitMs(tokens, nowMs);
  }

  isIdle(nowMs: number): boolean {
    return this.#bucket.isIdle(nowMs);
  }
}
