import { type Clock, systemClock } from "@cloudlink/core";
import { CLOCK_SKEW_MS } from "../memory-level.ts";
import { type Invalidation, refOf } from "./invalidation.ts";
import { MOST_LOGGED } from "./invalidation-log.ts";
import type {
  LoggedInvalidation,
  SharedStore,
  StoreFinding,
  StoreLease,
  StoreListener,
  StoreOutcome,
  StoreRead,
  StoreWord,
  StoreWrite,
} from "./shared-store.ts";

/** What is stored of one resource. */
interface StoredResource {
  /** The position of the last invalidation, or of the beginning. */
  readonly fence: number;
  readonly entries: Map<string, { readonly value: string; readonly seenAtMs: number; readonly usualMs: number }>;
  readonly leases: Map<string, { readonly by: object; readonly beganAtMs: number; untilMs: number }>;
}

/**
 * Stores that share one memory, one for each of several caches of one process: what {@link SharedStore} means, in as few words as it takes. For tests and
 * simulations, and to read before writing another store. It forgets nothing by itself.
 */
export function createLocalStores({ clock = systemClock }: { readonly clock?: Clock } = {}): {
  connect(): SharedStore;
} {
  const resources = new Map<string, StoredResource>();
  const log: LoggedInvalidation[] = [];
  const listeners = new Map<object, StoreListener>();

  const say = (word: StoreWord, by: object) => {
    for (const [whose, listener] of listeners) {
      if (word.type === "logged") listener.heard({ ...word, isOwn: whose === by });
      else if (word.type === "ended" || whose !== by) listener.heard(word);
    }
  };

  function resourceAt(ref: string): StoredResource {
    let resource = resources.get(ref);
    if (resource === undefined) {
      resource = { fence: 1, entries: new Map(), leases: new Map() };
      resources.set(ref, resource);
    }
    return resource;
  }

  function look(read: StoreRead, by: object): StoreFinding {
    const { ref, holder, views, limitMs, claimMs } = read;
    const nowMs = clock.monotonicMs();
    const stored = resources.get(ref);
    const suitable = views.flatMap((view) => stored?.entries.get(`${holder} ${view}`) ?? []);
    const youngest = suitable
      .filter(({ seenAtMs, usualMs }) => nowMs - seenAtMs <= (limitMs ?? usualMs))
      .sort((left, right) => right.seenAtMs - left.seenAtMs)[0];
    if (stored !== undefined && youngest !== undefined) {
      return { state: "found", value: youngest.value, seenAtMs: youngest.seenAtMs, position: stored.fence };
    }
    if (claimMs === 0) return { state: "free", claimed: false, position: stored?.fence };
    const resource = resourceAt(ref);
    const lease = resource.leases.get(holder);
    const isOthers = lease !== undefined && lease.by !== by && lease.untilMs > nowMs;
    if (isOthers && nowMs - lease.beganAtMs <= (limitMs ?? Number.POSITIVE_INFINITY)) {
      return { state: "taken", leaseMs: lease.untilMs - nowMs };
    }
    resource.leases.set(holder, { by, beganAtMs: nowMs, untilMs: nowMs + claimMs });
    return { state: "free", claimed: true, position: resource.fence };
  }

  function endLease({ ref, holder }: StoreLease, by: object): void {
    const leases = resources.get(ref)?.leases;
    if (leases?.get(holder)?.by !== by) return;
    leases.delete(holder);
    say({ type: "ended", ref, holder }, by);
  }

  function put(write: StoreWrite): StoreOutcome {
    const { ref, holder, view, position, value, seenAtMs, usualMs } = write;
    const isKnown = resources.has(ref);
    const resource = resourceAt(ref);
    const { fence } = resource;
    if (position === undefined ? isKnown : fence > position) return { isTaken: false, position: fence };
    const key = `${holder} ${view}`;
    if ((resource.entries.get(key)?.seenAtMs ?? Number.NEGATIVE_INFINITY) <= seenAtMs) {
      resource.entries.set(key, { value, seenAtMs, usualMs });
    }
    return { isTaken: true, position: fence };
  }

  function invalidate(invalidation: Invalidation, by: object): number | undefined {
    const ref = refOf(invalidation);
    if (ref === undefined) {
      const previous = log.at(-1)?.position ?? 0;
      const entry = { position: previous + 1, previous, invalidation };
      log.push(entry);
      if (log.length > MOST_LOGGED) log.shift();
      say({ type: "logged", entry, isOwn: false }, by);
      return entry.position;
    }
    const { fence, entries } = resourceAt(ref.key);
    // Its own clock is one that nobody sets; a change comes with what a wall clock said.
    const aheadMs = clock.nowMs() - clock.monotonicMs();
    const isChange = invalidation.type === "change";
    const forgottenBefore = isChange
      ? invalidation.change.occurredAt + CLOCK_SKEW_MS - aheadMs
      : Number.POSITIVE_INFINITY;
    const left = [...entries].filter(([, { seenAtMs }]) => seenAtMs >= forgottenBefore);
    resources.set(ref.key, { fence: fence + 1, entries: new Map(left), leases: new Map() });
    say({ type: "invalidated", invalidation }, by);
    return undefined;
  }

  return {
    connect(): SharedStore {
      const by = {};
      return {
        async read(_place, reads) {
          return { nowMs: clock.monotonicMs(), findings: reads.map((read) => look(read, by)) };
        },
        async write(_place, writes) {
          const taken = writes.map(put);
          for (const write of writes) endLease(write, by);
          return taken;
        },
        async renew(_place, leases, lastsMs) {
          for (const { ref, holder } of leases) {
            const lease = resources.get(ref)?.leases.get(holder);
            if (lease?.by === by) lease.untilMs = clock.monotonicMs() + lastsMs;
          }
        },
        async release(_place, leases) {
          for (const lease of leases) endLease(lease, by);
        },
        async invalidate(invalidation) {
          return invalidate(invalidation, by);
        },
        listen(listener) {
          listeners.set(by, listener);
          listener.regained({ position: log.at(-1)?.position ?? 0, entries: log });
        },
        async ping() {},
        async close() {
          listeners.delete(by);
        },
      };
    },
  };
}
