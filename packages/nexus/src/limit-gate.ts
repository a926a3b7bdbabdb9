import { type Clock, type Context, errorOfAbort, type LimitSize } from "@cloudlink/core";
import { FairQueue } from "./fair-queue.ts";
import { TenantUses } from "./tenant-uses.ts";
import type { TokenSource } from "./token-source.ts";

/** Whoever waits for a turn at a limit. */
export interface TurnRequest {
  readonly ctx: Context;
  readonly tenant: string;
  /** By when the turn has to come, on the monotonic clock. */
  readonly byMs: number;
  /** It takes so long by now. */
  delayed(delayMs: number): void;
  /** What is thrown when it would take `afterMs`, and that is too long. */
  refusal(afterMs: number): Error;
}

interface Waiter {
  readonly tenant: string;
  readonly byMs: number;
  go(): void;
  refuse(afterMs: number): void;
  delayed(delayMs: number): void;
}

/**
 * By how much each turn of a busy tenant's lets the reserve grow to its size: a fifth of what comes back is put by until then. More at once would be
 * at the cost of those who wait already.
 */
const BANKED_A_TURN = 0.25;

/** How much of a bucket may be kept for calls that make ready to leave. */
const MOST_LEAVING = 0.25;

/** One limit of a vendor's, and who waits for it. */
export class LimitGate {
  readonly #clock: Clock;
  readonly #source: TokenSource;
  readonly #queue = new FairQueue<Waiter>();
  readonly #uses: TenantUses;
  /** How many of the tokens are left to those who ask seldom. */
  #banked = 0;
  #cancelTimer: (() => void) | undefined;

  readonly #size: LimitSize;
  readonly #mostLeaving: number;
  /** How many calls make ready to leave. */
  #leaving = 0;

  /** `source` is made with what is to be called when it has tokens again. */
  constructor(settings: {
    readonly clock: Clock;
    readonly size: LimitSize;
    source(changed: () => void): TokenSource;
  }) {
    const { clock, size } = settings;
    this.#clock = clock;
    this.#size = size;
    this.#mostLeaving = Math.floor(size.burst * MOST_LEAVING);
    this.#source = settings.source(() => this.#serve());
    this.#uses = new TenantUses(clock.monotonicMs());
  }

  /** Whether a call of the tenant's can go at this moment, without being in anybody's way. */
  mayGo(tenant: string, nowMs: number): boolean {
    if (!this.#source.has(this.#tokensFor(tenant), nowMs)) return false;
    if (this.#queue.size === 0) return true;
    // Those who wait though there are tokens are the busy ones, who leave these to others.
    return !this.#uses.isBusy(tenant) && this.#queue.next((each) => !this.#uses.isBusy(each)) === undefined;
  }

  /** Keeps a token for a call that may go: it is used, or given back. */
  keep(tenant: string, nowMs: number): void {
    if (this.#uses.isBusy(tenant)) this.#banked = Math.min(this.#source.reserve, this.#banked + BANKED_A_TURN);
    this.#source.keep(nowMs);
    this.#uses.used(tenant, nowMs);
  }

  /** How long one more call of the tenant's waits for its turn, at the least: nobody else comes, and nobody leaves. */
  waitMs(tenant: string, nowMs: number): number {
    if (this.mayGo(tenant, nowMs)) return 0;
    return this.#source.waitMs(this.#queue.turnsBefore(tenant) + this.#tokensFor(tenant), nowMs);
  }

  /**
   * Waits for a turn, and keeps its token: it is used, or given back. Rejects at once when the turn cannot come in time, as soon as that is known
   * if the vendor slows down meanwhile, and when the context is over. Nothing of it is left behind then.
   */
  turn(request: TurnRequest): Promise<void> {
    const { ctx, tenant, byMs } = request;
    return new Promise((resolve, reject) => {
      const nowMs = this.#clock.monotonicMs();
      if (this.mayGo(tenant, nowMs)) {
        this.keep(tenant, nowMs);
        resolve();
        return;
      }
      const waitMs = this.waitMs(tenant, nowMs);
      if (nowMs + waitMs >= byMs) {
        reject(request.refusal(waitMs));
        return;
      }
      const { signal } = ctx;
      const leave = () => {
        this.#queue.remove(waiter);
        this.#arm();
        reject(errorOfAbort(signal.reason));
      };
      const waiter: Waiter = {
        tenant,
        byMs,
        go() {
          signal.removeEventListener("abort", leave);
          resolve();
        },
        refuse(afterMs) {
          signal.removeEventListener("abort", leave);
          reject(request.refusal(afterMs));
        },
        delayed: (delayMs) => request.delayed(delayMs),
      };
      if (signal.aborted) {
        reject(errorOfAbort(signal.reason));
        return;
      }
      signal.addEventListener("abort", leave, { once: true });
      this.#queue.add(waiter);
      this.#arm();
      // Last: who hears of it may break the call off.
      request.delayed(waitMs);
    });
  }

  /**
   * The call whose token is kept makes ready to leave. Until {@link LimitGate.sent} the token counts as unspent, as it is at the vendor's: a bucket that
   * is full there gets no fuller meanwhile. Only of a few, so that those who get stuck on the way stop nobody else's refill.
   */
  leave(): void {
    this.#leaving += 1;
    if (this.#leaving > this.#mostLeaving) this.#source.use(this.#clock.monotonicMs());
  }

  /** It has left, or it never will. */
  sent(): void {
    if (this.#leaving <= this.#mostLeaving) this.#source.use(this.#clock.monotonicMs());
    this.#leaving -= 1;
  }

  /** A call that was {@link LimitGate.sent} did not reach the vendor after all. */
  refund(): void {
    this.#source.refund(this.#clock.monotonicMs());
    this.#serve();
  }

  /** What was kept is not needed. */
  giveBack(): void {
    this.#source.giveBack(this.#clock.monotonicMs());
    this.#serve();
  }

  /** A request was sent that no token had been taken for. */
  owe(): void {
    this.#source.owe(this.#clock.monotonicMs());
  }

  /** The vendor refused a call. */
  throttled(afterMs: number | undefined): void {
    this.#source.throttled(this.#clock.monotonicMs(), afterMs);
    this.#review();
  }

  /** The vendor said how much is left. */
  lower(remaining: number): void {
    // Vendors say so with every answer, and mostly what is known.
    if (this.#source.lower(remaining, this.#clock.monotonicMs())) this.#review();
  }

  /** Whether it is for a limit of that size: a provider that takes another's place may declare another. */
  isFor({ burst, refillPerSecond }: LimitSize): boolean {
    return burst === this.#size.burst && refillPerSecond === this.#size.refillPerSecond;
  }

  /** Whether nothing would be lost with it. */
  isIdle(nowMs: number): boolean {
    return this.#queue.size === 0 && this.#leaving === 0 && this.#source.isIdle(nowMs);
  }

  #tokensFor(tenant: string): number {
    return this.#uses.isBusy(tenant) ? 1 + this.#banked : 1;
  }

  /** Everybody goes whose turn it is and for whom there is a token. */
  #serve(): void {
    const nowMs = this.#clock.monotonicMs();
    while (this.#source.has(1, nowMs)) {
      const waiter = this.#queue.next((tenant) => this.#source.has(this.#tokensFor(tenant), nowMs));
      if (waiter === undefined) break;
      this.keep(waiter.tenant, nowMs);
      this.#queue.serve(waiter);
      waiter.go();
    }
    this.#arm();
  }

  /** One timer for all who wait: when the first of them may go. */
  #arm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const waiting = this.#queue.size;
    if (waiting === 0) return;
    const isBusyOnly = this.#queue.next((tenant) => !this.#uses.isBusy(tenant)) === undefined;
    const tokens = isBusyOnly ? 1 + this.#banked : 1;
    const delayMs = this.#source.wanted({ waiting, tokens }, this.#clock.monotonicMs());
    if (delayMs !== undefined) this.#cancelTimer = this.#clock.schedule(() => this.#serve(), { delayMs });
  }

  /** It takes longer by now: those for whom that is too long are told so at once. */
  #review(): void {
    const nowMs = this.#clock.monotonicMs();
    let before = 0;
    for (const waiter of [...this.#queue.inOrder()]) {
      const waitMs = this.#source.waitMs(before + this.#tokensFor(waiter.tenant), nowMs);
      if (nowMs + waitMs < waiter.byMs) {
        before += 1;
        waiter.delayed(waitMs);
      } else {
        this.#queue.remove(waiter);
        waiter.refuse(waitMs);
      }
    }
    this.#arm();
  }
}
