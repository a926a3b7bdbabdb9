import { type Clock, CloudLinkError, type IdempotencyKey, type IdempotencyStore, systemClock } from "@cloudlink/core";

/** What {@link createMemoryIdempotencyStore} takes. */
export interface MemoryIdempotencyStoreSettings {
  /**
   * How much is kept of one tenant, in bytes; 32 MiB if left out, which is some 40,000 keys. What is kept is not dropped before its time, or an
   * action could be carried out twice: a tenant that has used it up waits until some keys have expired.
   */
  readonly bytesPerTenant?: number;
  readonly clock?: Clock;
}

interface Entry {
  readonly requestHash: string;
  readonly expiresAt: number;
  readonly bytes: number;
  /** Of the claim, while it stands. */
  readonly claimId?: string;
  readonly outcome?: string;
}

/** What is kept of one tenant. */
interface TenantEntries {
  readonly byKey: Map<string, Entry>;
  bytes: number;
}

const BYTES_PER_TENANT = 32 * 1024 * 1024;

/** What an entry takes beside its texts, which take two bytes a character at the most; seen in a heap of a million of them. */
const ENTRY_BYTES = 300;
const SWEEP_INTERVAL_MS = 60 * 60 * 1000;

/** Keeps the idempotency keys of one process in its memory. With several replicas behind one address, give them a store that they share. */
export function createMemoryIdempotencyStore(settings: MemoryIdempotencyStoreSettings = {}): IdempotencyStore {
  const { bytesPerTenant = BYTES_PER_TENANT, clock = systemClock } = settings;
  const tenants = new Map<string, TenantEntries>();
  let nextSweepAt = clock.monotonicMs() + SWEEP_INTERVAL_MS;

  /** What is kept for a key, if it is still good. */
  function find({ tenant, key }: IdempotencyKey): Entry | undefined {
    const entry = tenants.get(tenant)?.byKey.get(key);
    return entry !== undefined && entry.expiresAt > clock.monotonicMs() ? entry : undefined;
  }

  function put({ tenant, key }: IdempotencyKey, given: Omit<Entry, "bytes">): void {
    const entries = tenants.get(tenant) ?? { byKey: new Map<string, Entry>(), bytes: 0 };
    const { requestHash, claimId = "", outcome = "" } = given;
    const bytes = ENTRY_BYTES + 2 * (key.length + requestHash.length + claimId.length + outcome.length);
    const more = bytes - (entries.byKey.get(key)?.bytes ?? 0);
    // What was claimed is written down however much there is: refusing that would forget an action that was carried out.
    if (given.outcome === undefined && entries.bytes + more > bytesPerTenant) makeRoom(entries, more);
    tenants.set(tenant, entries);
    entries.byKey.set(key, { ...given, bytes });
    entries.bytes += more;
  }

  function makeRoom(entries: TenantEntries, more: number): void {
    sweep(entries);
    if (entries.bytes + more <= bytesPerTenant) return;
    let soonest = Number.POSITIVE_INFINITY;
    for (const { expiresAt } of entries.byKey.values()) soonest = Math.min(soonest, expiresAt);
    throw new CloudLinkError({
      reason: "ErrQuotaExhausted",
      message: `As many idempotency keys of this tenant's are kept as there is room for (${entries.byKey.size}). Act without one, or wait until some have expired.`,
      origin: "kernel",
      retry: { retryable: true, afterMs: Math.ceil(soonest - clock.monotonicMs()) },
    });
  }

  function drop(entries: TenantEntries, key: string): void {
    entries.bytes -= entries.byKey.get(key)?.bytes ?? 0;
    entries.byKey.delete(key);
  }

  function sweep(entries: TenantEntries): void {
    const now = clock.monotonicMs();
    for (const [key, { expiresAt }] of entries.byKey) if (expiresAt <= now) drop(entries, key);
  }

  /** Now and then what has expired goes, also of tenants that act no more. */
  function sweepAll(): void {
    if (clock.monotonicMs() < nextSweepAt) return;
    nextSweepAt = clock.monotonicMs() + SWEEP_INTERVAL_MS;
    for (const [tenant, entries] of tenants) {
      sweep(entries);
      if (entries.byKey.size === 0) tenants.delete(tenant);
    }
  }

  return {
    async claim(_ctx, claim) {
      sweepAll();
      const { requestHash, claimTtlMs, claimId } = claim;
      const known = find(claim);
      if (known === undefined || known.claimId === claimId) {
        put(claim, { requestHash, claimId, expiresAt: clock.monotonicMs() + claimTtlMs });
        return { state: "claimed" };
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
      const entries = tenants.get(claim.tenant);
      if (entries !== undefined && find(claim)?.claimId === claim.claimId) drop(entries, claim.key);
    },
  };
}
