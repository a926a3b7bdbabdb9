import { type Clock, LimitBucket, type LimitGrant, type SharedLimit } from "@cloudlink/core";
import type { StoreLink } from "./store-link.ts";
import type { TokenSource } from "./token-source.ts";

/** For how long, in milliseconds, tokens are taken ahead: by as many calls as left within that time lately. */
const AHEAD_MS = 100;

/** The most that is taken ahead, as a part of the burst: of 100, four processes hold back 20 at the worst, and for a moment. */
const MOST_AHEAD = 0.05;

/** By how much, in milliseconds, questions of several processes for the same token are spread at the most. */
const LONGEST_SPREAD_MS = 1_000;

/** After how long, in milliseconds, what was taken and not spent is let go: the vendor has counted nothing of it, and others may have it as it comes back. */
const LOT_MS = 200;

/** What two sums of fractions that ought to be the same differ by at the most: no token is owed for that. */
const ROUNDING = 1e-6;

/**
 * The tokens of a limit that several processes share: taken from the store in small lots, as they are needed and by a little ahead. While the store
 * does not answer, this process's part of the limit.
 */
export class SharedTokens implements TokenSource {
  readonly reserve = 0;
  readonly #limit: SharedLimit;
  readonly #link: StoreLink;
  readonly #clock: Clock;
  readonly #changed: () => void;
  /** What was taken and is not spent. */
  #lot = 0;
  #lotUntil = Number.NEGATIVE_INFINITY;
  #kept = 0;
  /** Spent without having been taken, and not told the store yet. */
  #owed = 0;
  #isAsking = false;
  /** Before that there is nothing to take, by the store's word. */
  #askAt = Number.NEGATIVE_INFINITY;
  /** How many processes share this limit, by the store's last answer about it. */
  #replicas: number | undefined;
  /** What the store is thought to have, by its last answer. */
  #seen: LimitBucket | undefined;
  /** This process's part, while the store does not answer. */
  #share: LimitBucket | undefined;
  /** The same part as the store has it, which hears of nothing that is taken: by as much as it has more, this process owes. */
  #untouched: LimitBucket | undefined;
  /** How many calls left since the lot was asked for, and when that was. */
  #spent = 0;
  #countedSince: number;
  #perMs = 0;

  constructor(settings: {
    readonly limit: SharedLimit;
    readonly link: StoreLink;
    readonly clock: Clock;
    readonly changed: () => void;
  }) {
    const { key, burst, refillPerSecond } = settings.limit;
    this.#limit = { key, burst, refillPerSecond };
    this.#link = settings.link;
    this.#clock = settings.clock;
    this.#changed = settings.changed;
    this.#countedSince = this.#clock.monotonicMs();
  }

  has(tokens: number, nowMs: number): boolean {
    const share = this.#shareNow(nowMs);
    return share === undefined ? this.#lotNow(nowMs) >= tokens : share.has(tokens, nowMs);
  }

  keep(nowMs: number): void {
    const share = this.#shareNow(nowMs);
    this.#kept += 1;
    this.#spent += 1;
    if (share !== undefined) {
      share.take(1, nowMs);
      return;
    }
    this.#lot -= 1;
    const ahead = this.#ahead();
    if (ahead >= 1 && this.#lot * 2 <= ahead && nowMs >= this.#askAt) this.#ask(ahead, nowMs);
  }

  use(): void {
    this.#kept -= 1;
  }

  giveBack(nowMs: number): void {
    this.#kept -= 1;
    this.refund(nowMs);
  }

  refund(nowMs: number): void {
    const share = this.#shareNow(nowMs);
    if (share !== undefined) {
      share.refund(nowMs);
      return;
    }
    this.#lot = this.#lotNow(nowMs) + 1;
    this.#lotUntil = Math.max(this.#lotUntil, nowMs + LOT_MS);
  }

  owe(nowMs: number): void {
    const share = this.#shareNow(nowMs);
    if (share !== undefined) share.take(1, nowMs);
    else if (this.#lotNow(nowMs) >= 1) this.#lot -= 1;
    else {
      this.#owed += 1;
      this.#ask(0, nowMs);
    }
  }

  throttled(nowMs: number, afterMs: number | undefined): void {
    this.#lot = 0;
    this.#shareNow(nowMs)?.throttled(nowMs, afterMs);
    this.#seenNow(nowMs).throttled(nowMs, afterMs);
    this.#askAt = Math.max(this.#askAt, nowMs + (afterMs ?? 0));
    const limit = this.#limit;
    this.#link.tell((store) => store.throttled({ limit, ...(afterMs !== undefined && { afterMs }) }));
  }

  lower(remaining: number, nowMs: number): boolean {
    const before = this.#thereAt(nowMs);
    this.#lot = Math.min(this.#lotNow(nowMs), Math.max(0, Math.floor(remaining)));
    this.#shareNow(nowMs)?.lower(remaining / this.#partedBy, nowMs);
    this.#seenNow(nowMs).lower(remaining, nowMs);
    const limit = this.#limit;
    this.#link.tell((store) => store.lower({ limit, remaining }));
    return this.#thereAt(nowMs) < before;
  }

  waitMs(tokens: number, nowMs: number): number {
    const share = this.#shareNow(nowMs);
    if (share !== undefined) return share.waitMs(tokens, nowMs);
    const missing = tokens - this.#lotNow(nowMs);
    if (missing <= 0) return 0;
    return Math.max(this.#askAt - nowMs, this.#seenNow(nowMs).waitMs(missing, nowMs));
  }

  wanted(
    { waiting, tokens }: { readonly waiting: number; readonly tokens: number },
    nowMs: number,
  ): number | undefined {
    const share = this.#shareNow(nowMs);
    if (share !== undefined) return share.waitMs(tokens, nowMs);
    if (this.#lotNow(nowMs) >= tokens) return 0;
    if (this.#isAsking) return undefined;
    if (nowMs < this.#askAt) return this.#askAt - nowMs;
    this.#ask(waiting + this.#ahead(), nowMs);
    return undefined;
  }

  isIdle(nowMs: number): boolean {
    if (this.#kept > 0 || this.#isAsking || this.#owed > 0 || this.#lotNow(nowMs) > 0) return false;
    return (this.#share?.isIdle(nowMs) ?? true) && (this.#seen?.isIdle(nowMs) ?? true);
  }

  /** All that may be spent at this moment, by what is known of the store. */
  #thereAt(nowMs: number): number {
    return this.#shareNow(nowMs)?.level(nowMs) ?? this.#lotNow(nowMs) + this.#seenNow(nowMs).level(nowMs);
  }

  #lotNow(nowMs: number): number {
    if (this.#lot > 0 && nowMs > this.#lotUntil) this.#lot = 0;
    return this.#lot;
  }

  #seenNow(nowMs: number): LimitBucket {
    this.#seen ??= new LimitBucket(this.#limit, { nowMs });
    return this.#seen;
  }

  /** This process's part if the store does not answer; then it is asked now and again whether it is back, and nobody waits for that. */
  #shareNow(nowMs: number): LimitBucket | undefined {
    if (this.#link.isUp) {
      if (this.#share !== undefined) this.#returnToStore(nowMs);
      return undefined;
    }
    if (this.#share === undefined) {
      this.#share = this.#makeShare(nowMs);
      this.#untouched = this.#makeShare(nowMs);
    }
    if (!this.#isAsking && this.#link.isDueForTrial(nowMs)) this.#ask(0, nowMs);
    return this.#share;
  }

  /** Each limit has its own number. One that the store never answered for may be everybody's. */
  get #partedBy(): number {
    return this.#replicas ?? this.#link.replicas;
  }

  #makeShare(nowMs: number): LimitBucket {
    const replicas = this.#partedBy;
    const { burst, refillPerSecond } = this.#limit;
    // A bucket that never holds a whole token would let nothing through.
    const size = { burst: Math.max(1, burst / replicas), refillPerSecond: refillPerSecond / replicas };
    return new LimitBucket(size, { nowMs, level: this.#seenNow(nowMs).level(nowMs) / replicas });
  }

  /**
   * What was spent of the part and has not come back is owed: the store's bucket has filled up meanwhile as if nobody had called. No more than that: of
   * what was missing when the part was made the store knows.
   */
  #returnToStore(nowMs: number): void {
    const missing = (this.#untouched?.level(nowMs) ?? 0) - (this.#share?.level(nowMs) ?? 0);
    this.#owed += Math.max(0, Math.ceil(missing - ROUNDING));
    this.#share = undefined;
    this.#untouched = undefined;
    this.#askAt = nowMs;
    if (this.#owed > 0) this.#ask(0, nowMs);
  }

  /** How many calls are to be expected within the time that is taken ahead for. */
  #ahead(): number {
    return Math.min(Math.floor(this.#perMs * AHEAD_MS), Math.ceil(this.#limit.burst * MOST_AHEAD));
  }

  #ask(most: number, nowMs: number): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const elapsedMs = nowMs - this.#countedSince;
    if (elapsedMs >= AHEAD_MS) {
      this.#perMs = this.#spent / elapsedMs;
      this.#spent = 0;
      this.#countedSince = nowMs;
    }
    const owed = this.#owed;
    this.#owed = 0;
    void this.#link.take({ limit: this.#limit, most, owed }).then((grant) => {
      this.#isAsking = false;
      // Whether it was charged nobody knows: to be charged twice is to be slow, and not at all is to be refused.
      if (grant === undefined) this.#owed += owed;
      else this.#granted(grant, most);
      this.#changed();
      if (grant !== undefined && this.#owed > 0) this.#ask(0, this.#clock.monotonicMs());
    });
  }

  #granted({ granted, afterMs, remaining, replicas }: LimitGrant, most: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#share !== undefined) this.#returnToStore(nowMs);
    this.#replicas = Math.max(1, replicas);
    this.#lot = this.#lotNow(nowMs) + granted;
    this.#lotUntil = nowMs + LOT_MS;
    this.#askAt = nowMs + afterMs;
    if (granted === 0 && most > 0) {
      // Whoever came a moment too late for one token would be as late for the next: within the time of a token, processes ask in any order.
      const spreadMs = replicas > 1 ? Math.random() * (1_000 / this.#limit.refillPerSecond) : 0;
      this.#askAt = nowMs + Math.max(1, afterMs + Math.min(spreadMs, LONGEST_SPREAD_MS));
    }
    this.#seen = new LimitBucket(this.#limit, { nowMs, level: remaining });
  }
}
