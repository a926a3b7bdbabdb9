import {
  type Clock,
  CloudLinkError,
  type Context,
  type LimitSize,
  type LimitStore,
  type QuotaObservation,
  quote,
  type Scope,
} from "@cloudlink/core";
import type { CallLimit } from "./call-limits.ts";
import { LimitGate, type TurnRequest } from "./limit-gate.ts";
import { SharedTokens } from "./shared-tokens.ts";
import { StoreLink } from "./store-link.ts";
import { OwnTokens } from "./token-source.ts";

/** A limit as its provider declares it, and whom the call is for that it is about to be charged with. */
export interface VendorLimit extends LimitSize {
  /** Name of the provider. */
  readonly provider: string;
  /** Name of the limit, such as `ec2-describe`. */
  readonly name: string;
  /** Account, region and the rest; what the vendor counts by is among it. */
  readonly scope: Scope;
}

/** How the vendors' limits are kept. */
export interface LimitSettings {
  /**
   * What processes share that call on the same accounts. Left out: this one has every limit to itself. Without an answer of the store's it goes on
   * with its part of each limit, by how many processes shared it last; one that never had an answer knows of no others, and goes on with the whole.
   */
  readonly store?: LimitStore;
  /**
   * What a limit really is: vendors raise them for an account that asks. Asked for every call that leaves, it answers at once, and the same for all
   * that the vendor counts together; `"none"` where nothing is to be held back, `undefined` for the limit as it is declared.
   */
  of?(limit: VendorLimit): LimitSize | "none" | undefined;
}

/** A call that wants to leave for the vendor. */
export interface Entrance {
  readonly ctx: Context;
  readonly scope: Scope;
  readonly limits: readonly CallLimit[];
  /** How long, in milliseconds, anybody waits for it at most, where that may be less than the context allows. */
  readonly patienceMs: number;
  /**
   * Told how long the wait takes that it is about to begin, and again when that grows. `error` makes what those get for whom that is too long: thousands
   * may wait, and few are sent away.
   */
  waiting?(wait: { error(): CloudLinkError; readonly delayMs: number }): void;
}

/** The vendors' limits, as one kernel keeps them. A limit nothing was taken from lately takes no memory. */
export class Limits {
  readonly #settings: LimitSettings;
  /** By clock: instants of two do not compare. */
  readonly #gates = new WeakMap<Clock, Map<string, LimitGate>>();
  readonly #links = new WeakMap<Clock, StoreLink>();

  constructor(settings: LimitSettings = {}) {
    this.#settings = settings;
  }

  /**
   * Declared limits as they really are by the settings, for calls of a scope, less what the way to the vendor takes. Those that hold nothing back are
   * left out.
   */
  asTheyAre(declared: readonly CallLimit[], scope: Scope): readonly CallLimit[] {
    if (declared.length === 0) return declared;
    return declared.flatMap((limit) => {
      const size = this.#sizeOf(limit, scope);
      if (size === "none") return [];
      const { burst, refillPerSecond } = size;
      return [{ ...limit, burst: Math.max(1, burst - (refillPerSecond * IN_TRANSIT_MS) / 1_000), refillPerSecond }];
    });
  }

  /**
   * Takes a token of each of the call's limits, for it to say then that it was {@link Limits.sent}. A call that can go at once goes at once: there is no promise then.
   *
   * @throws `resource_exhausted` (`ErrThrottled`), at once, if its turn cannot come in time, with how long it would take; why the context is over, if
   *   it is meanwhile.
   */
  enter(entrance: Entrance): Promise<void> | undefined {
    const { ctx, scope, limits } = entrance;
    if (limits.length === 0) return undefined;
    const nowMs = ctx.clock.monotonicMs();
    for (const limit of limits) {
      if (!this.#gate(ctx.clock, limit).mayGo(scope.tenant, nowMs)) return this.#wait(entrance);
    }
    for (const limit of limits) {
      const gate = this.#gate(ctx.clock, limit);
      gate.keep(scope.tenant, nowMs);
      gate.leave();
    }
    return undefined;
  }

  /** A call that had its turn has sent the request that it took a token of this limit for, or is over without. */
  sent(clock: Clock, limit: CallLimit): void {
    this.#gate(clock, limit).sent();
  }

  /** A call that had its turn did not reach the vendor: there were no credentials for it, say. */
  turnBack(clock: Clock, limits: readonly CallLimit[]): void {
    for (const limit of limits) {
      const gate = this.#gate(clock, limit);
      gate.sent();
      gate.refund();
    }
  }

  /** A request was sent that no token had been taken for. */
  owe(clock: Clock, limit: CallLimit): void {
    this.#gate(clock, limit).owe();
  }

  /** The vendor refused a call that was charged to these: which of them it meant it does not say. */
  throttled(
    clock: Clock,
    { limits, afterMs }: { readonly limits: readonly CallLimit[]; readonly afterMs: number | undefined },
  ): void {
    for (const limit of limits) this.#gate(clock, limit).throttled(afterMs);
  }

  /** The vendor said how much is left of a limit; of one that the call is not charged to it means nothing. */
  quota(
    clock: Clock,
    { limits, observation }: { readonly limits: readonly CallLimit[]; readonly observation: QuotaObservation },
  ): void {
    if (!(observation.remaining < Number.POSITIVE_INFINITY)) return;
    for (const limit of limits)
      if (limit.name === observation.limit) this.#gate(clock, limit).lower(observation.remaining);
  }

  /** How many limits are in memory. */
  heldBy(clock: Clock): number {
    return this.#gates.get(clock)?.size ?? 0;
  }

  async #wait({ ctx, scope, limits, patienceMs, waiting }: Entrance): Promise<void> {
    const nowMs = ctx.clock.monotonicMs();
    const { tenant } = scope;
    const byMs = nowMs + Math.min(ctx.remainingMs(), patienceMs);
    // The longest wait first: while a token of the others is kept, nobody else has it.
    const waits = limits
      .map((limit) => ({ limit, waitMs: this.#gate(ctx.clock, limit).waitMs(tenant, nowMs) }))
      .sort((a, b) => b.waitMs - a.waitMs);
    const kept: LimitGate[] = [];
    try {
      for (const { limit } of waits) {
        const gate = this.#gate(ctx.clock, limit);
        const request: TurnRequest = {
          ...{ ctx, tenant, byMs },
          delayed: (delayMs) => waiting?.({ error: () => refusal({ limit, scope, afterMs: delayMs }), delayMs }),
          refusal: (afterMs) => refusal({ limit, scope, afterMs }),
        };
        await gate.turn(request);
        kept.push(gate);
        ctx.throwIfDone();
      }
    } catch (error) {
      for (const gate of kept) gate.giveBack();
      throw error;
    }
    for (const gate of kept) gate.leave();
  }

  #gate(clock: Clock, limit: CallLimit): LimitGate {
    const gates = this.#gates.get(clock) ?? new Map<string, LimitGate>();
    const known = gates.get(limit.key);
    if (known?.isFor(limit) || known?.isIdle(clock.monotonicMs()) === false) return known;
    this.#gates.set(clock, gates);
    forgetIdle(gates, clock.monotonicMs());
    const link = this.#link(clock);
    const gate = new LimitGate({
      clock,
      size: limit,
      source: (changed) =>
        link === undefined
          ? new OwnTokens(limit, clock.monotonicMs())
          : new SharedTokens({ limit, link, clock, changed }),
    });
    gates.set(limit.key, gate);
    return gate;
  }

  #link(clock: Clock): StoreLink | undefined {
    const { store } = this.#settings;
    if (store === undefined) return undefined;
    const link = this.#links.get(clock) ?? new StoreLink({ store, clock });
    this.#links.set(clock, link);
    return link;
  }

  #sizeOf(limit: CallLimit, scope: Scope): LimitSize | "none" {
    const { name, burst, refillPerSecond } = limit;
    const { provider } = scope;
    const size = this.#settings.of?.({ provider, name, scope, burst, refillPerSecond });
    if (size === undefined) return isSize(limit) ? limit : "none";
    if (size === "none" || isSize(size)) return size;
    throw new CloudLinkError({
      reason: "ErrInvalidSettings",
      message: `The setting limits.of gives for the limit ${quote(name)} of ${quote(provider)} a burst below 1, or a refill that is not more than 0. Give "none" for no limit.`,
      origin: "caller",
      provider,
    });
  }
}

/**
 * How long, in milliseconds, a call is on its way to the vendor at the most, as a rule. While the first of a burst is, ours refills and the vendor's is
 * full and cannot: by so much less is in it from then on.
 */
const IN_TRANSIT_MS = 100;

/** How many limits are looked at for each that is new: more than one, so that those nothing is taken from any more go faster than new ones come. */
const LOOKED_AT = 2;

/** Forgets those among the ones that were looked at longest ago that are full. */
function forgetIdle(gates: Map<string, LimitGate>, nowMs: number): void {
  let left = LOOKED_AT;
  for (const [key, gate] of gates) {
    if (left-- <= 0) return;
    gates.delete(key);
    if (!gate.isIdle(nowMs)) gates.set(key, gate);
  }
}

function isSize({ burst, refillPerSecond }: LimitSize): boolean {
  return burst >= 1 && refillPerSecond > 0;
}

function refusal({
  limit: { name, burst, refillPerSecond },
  scope,
  afterMs,
}: {
  readonly limit: CallLimit;
  readonly scope: Scope;
  readonly afterMs: number;
}): CloudLinkError {
  const { provider, account, region } = scope;
  const rate = `${burst} calls at once and ${refillPerSecond} a second`;
  return new CloudLinkError({
    reason: "ErrThrottled",
    message: `The limit ${name} of ${provider} in account ${account}, ${region}, is used up: it lets ${rate} through, and this one would not be in time. Call less often, accept older answers, give the call more time, or ask the vendor for a higher limit.`,
    origin: "kernel",
    retry: { retryable: true, afterMs: Math.ceil(afterMs) },
    provider,
    details: { account, region, limit: name },
  });
}
