import { type Clock, CloudLinkError, type IdempotencyKey, type IdempotencyStore, systemClock } from "@cloudlink/core";

/** What {@link createMemoryIdempotencyStore} takes. */
export interface MemoryIdempotencyStoreSettings {
  /**
   * How many keys of one tenant are kept; 10,000 if left out, some 10 MB at the most. What is kept is not dropped before its time, or an
   * action could be carried out twice: a tenant that has used them up waits until some have expired.
   */
  readonly keysPerTenant?: number;
  readonly clock?: Clock;
}

interface Entry {
  readonly requestHash: string;
  readonly expiresAt: number;
  /** Of the claim, while it stands. */
  readonly claimId?: string;
  readonly outcome?: string;
}

const KEYS_PER_TENANT = 10_000;
const SWEEP_INTERVAL_MS = 60 * 60 * 1000;

/** Keeps the idempotency keys of one process in its memory. With several replicas behind one address, give them a store that they share. */
export function createMemoryIdempotencyStore(settings: MemoryIdempotencyStoreSettings = {}): IdempotencyStore {
  const { keysPerTenant = KEYS_PER_TENANT, clock = systemClock } = settings;
  const tenants = new Map<string, Map<string, Entry>>();
  let claims = 0;
  let nextSweepAt = clock.monotonicMs() + SWEEP_INTERVAL_MS;

  /** What is kept for a key, if it is still good. */
  function find({ tenant, key }: IdempotencyKey): Entry | undefined {
    const entry = tenants.get(tenant)?.get(key);
    return entry !== undefined && entry.expiresAt > clock.monotonicMs() ? entry : undefined;
  }

  function put({ tenant, key }: IdempotencyKey, entry: Entry): void {
    const entries = tenants.get(tenant) ?? new Map<string, Entry>();
    tenants.set(tenant, entries);
    if (!entries.has(key) && entries.size >= keysPerTenant) makeRoom(entries);
    entries.set(key, entry);
  }

  function makeRoom(entries: Map<string, Entry>): void {
    sweep(entries);
    if (entries.size < keysPerTenant) return;
    const now = clock.monotonicMs();
    let soonest = Number.POSITIVE_INFINITY;
    for (const { expiresAt } of entries.values()) soonest = Math.min(soonest, expiresAt);
    throw new CloudLinkError({
      reason: "ErrQuotaExhausted",
      message: `There are ${keysPerTenant} idempotency keys of this tenant's, as many as are kept. Act without one, or wait until some have expired.`,
      origin: "kernel",
      retry: { retryable: true, afterMs: Math.ceil(soonest - now) },
    });
  }

  function sweep(entries: Map<string, Entry>): void {
    const now = clock.monotonicMs();
    for (const [key, { expiresAt }] of entries) if (expiresAt <= now) entries.delete(key);
  }

  /** Now and then what has expired goes, also of tenants that act no more. */
  function sweepAll(): void {
    if (clock.monotonicMs() < nextSweepAt) return;
    nextSweepAt = clock.monotonicMs() + SWEEP_INTERVAL_MS;
    for (const [tenant, entries] of tenants) {
      sweep(entries);
      if (entries.size === 0) tenants.delete(tenant);
    }
  }

  return {
    async claim(_ctx, claim) {
      sweepAll();
      const { requestHash, claimTtlMs } = claim;
      const known = find(claim);
      if (known === undefined) {
        const claimId = String(claims++);
        put(claim, { requestHash, claimId, expiresAt: clock.monotonicMs() + claimTtlMs });
        return { state: "claimed", claimId };
      }
      const { outcome } = known;
      return outcome === undefined
        ? { state: "running", requestHash: known.requestHash }
        : { state: "settled", requestHash: known.requestHash, outcome };
    },
    async settle(_ctx, settlement) {
      const known = find(settlement);
      if (known?.claimId !== settlement.claimId) return;
      const { outcome, ttlMs } = settlement;
      put(settlement, { requestHash: known.requestHash, outcome, expiresAt: clock.monotonicMs() + ttlMs });
    },
    async release(_ctx, claim) {
      const { tenant, key } = claim;
      const entries = tenants.get(tenant);
      if (find(claim)?.claimId !== claim.claimId) return;
      entries?.delete(key);
    },
  };
}
