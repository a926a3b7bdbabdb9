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
  StoreRead,
  StoreWord,
  StoreWrite,
} from "./shared-store.ts";

/** What is stored of one resource. */
interface StoredResource {
  /** Of the last invalidation, or of the place when this began. */
  fence: number;
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
  const positions = new Map<string, number>();
  const resources = new Map<string, StoredResource>();
  const log: LoggedInvalidation[] = [];
  const listeners = new Map<object, StoreListener>();

  const positionOf = (place: string) => positions.get(place) ?? 1;
  const say = (word: StoreWord, by: object) => {
    for (const [whose, listener] of listeners) {
      if (word.type === "logged") listener.heard({ ...word, isOwn: whose === by });
      else if (word.type === "ended" || whose !== by) listener.heard(word);
    }
  };

  function resourceAt(place: string, ref: string): StoredResource {
    let resource = resources.get(ref);
    if (resource === undefined) {
      resource = { fence: positionOf(place), entries: new Map(), leases: new Map() };
      resources.set(ref, resource);
    }
    return resource;
  }

  function look(place: string, { read, by }: { readonly read: StoreRead; readonly by: object }): StoreFinding {
    const { ref, holder, views, limitMs, claimMs } = read;
    const nowMs = clock.monotonicMs();
    const stored = resources.get(ref);
    const suitable = views.flatMap((view) => stored?.entries.get(`${holder} ${view}`) ?? []);
    const youngest = suitable
      .filter(({ seenAtMs, usualMs }) => nowMs - seenAtMs <= (limitMs ?? usualMs))
      .sort((left, right) => right.seenAtMs - left.seenAtMs)[0];
    if (youngest !== undefined) return { state: "found", value: youngest.value, seenAtMs: youngest.seenAtMs };
    if (claimMs === 0) return { state: "free", claimed: false };
    const resource = resourceAt(place, ref);
    const lease = resource.leases.get(holder);
    const isOthers = lease !== undefined && lease.by !== by && lease.untilMs > nowMs;
    if (isOthers && nowMs - lease.beganAtMs <= (limitMs ?? Number.POSITIVE_INFINITY)) {
      return { state: "taken", leaseMs: lease.untilMs - nowMs };
    }
    resource.leases.set(holder, { by, beganAtMs: nowMs, untilMs: nowMs + claimMs });
    return { state: "free", claimed: true };
  }

  function endLease({ ref, holder }: StoreLease, by: object): void {
    const leases = resources.get(ref)?.leases;
    if (leases?.get(holder)?.by !== by) return;
    leases.delete(holder);
    say({ type: "ended", ref, holder }, by);
  }

  function put(place: string, write: StoreWrite): boolean {
    const { ref, holder, view, position, value, seenAtMs, usualMs } = write;
    const resource = resourceAt(place, ref);
    if (resource.fence > position) return false;
    const key = `${holder} ${view}`;
    if ((resource.entries.get(key)?.seenAtMs ?? Number.NEGATIVE_INFINITY) <= seenAtMs) {
      resource.entries.set(key, { value, seenAtMs, usualMs });
    }
    return true;
  }

  function invalidate(invalidation: Invalidation, by: object): void {
    const ref = refOf(invalidation);
    if (ref === undefined) {
      const previous = log.at(-1)?.position ?? 0;
      const entry = { position: previous + 1, previous, invalidation };
      log.push(entry);
      if (log.length > MOST_LOGGED) log.shift();
      say({ type: "logged", entry, isOwn: false }, by);
      return;
    }
    const place = ref.key.slice(0, ref.key.lastIndexOf("/"));
    const position = positionOf(place) + 1;
    positions.set(place, position);
    const known = resources.get(ref.key)?.entries ?? [];
    const forgottenBefore =
      invalidation.type === "change" ? invalidation.change.occurredAt + CLOCK_SKEW_MS : Number.POSITIVE_INFINITY;
    const left = [...known].filter(([, { seenAtMs }]) => seenAtMs >= forgottenBefore);
    resources.set(ref.key, { fence: position, entries: new Map(left), leases: new Map() });
    say({ type: "invalidated", invalidation }, by);
  }

  return {
    connect(): SharedStore {
      const by = {};
      return {
        async read(place, reads) {
          const findings = reads.map((read) => look(place, { read, by }));
          return { position: positionOf(place), nowMs: clock.monotonicMs(), findings };
        },
        async write(place, writes) {
          const taken = writes.map((write) => put(place, write));
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
          invalidate(invalidation, by);
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
