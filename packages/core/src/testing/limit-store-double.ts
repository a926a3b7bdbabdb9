import type { Clock } from "../clock.ts";
import { LimitBucket } from "../limit-bucket.ts";
import { limitPace } from "../limit-pace.ts";
import type { LimitStore, SharedLimit } from "../ports/limit-store.ts";

/** A store of limits in memory, for tests: each of its stores stands for one process. */
export interface LimitStoreDouble {
  /** A process's own view of what all share. */
  store(): LimitStore;
}

/** Makes a double of the port `LimitStore`, on a clock of the test's. It answers with a promise, and never fails. */
export function createLimitStoreDouble(settings: { readonly clock: Clock }): LimitStoreDouble {
  const { clock } = settings;
  const buckets = new Map<string, LimitBucket>();
  const asked = new Map<string, Map<number, number>>();
  let stores = 0;

  const bucketOf = (limit: SharedLimit) => {
    const bucket = buckets.get(limit.key) ?? new LimitBucket(limit, { nowMs: clock.monotonicMs() });
    buckets.set(limit.key, bucket);
    return bucket;
  };
  const replicasOf = ({ key }: SharedLimit, process: number) => {
    const lastAsked = asked.get(key) ?? new Map<number, number>();
    asked.set(key, lastAsked.set(process, clock.monotonicMs()));
    const since = clock.monotonicMs() - limitPace.replicaMs;
    return [...lastAsked.values()].filter((at) => at > since).length;
  };

  return {
    store() {
      const process = stores++;
      return {
        async take({ limit, most, owed }) {
          const nowMs = clock.monotonicMs();
          const bucket = bucketOf(limit);
          const replicas = replicasOf(limit, process);
          bucket.take(owed, nowMs);
          const there = wholeTokens(bucket.level(nowMs));
          const granted = Math.min(most, there, Math.max(1, Math.floor(there / replicas)));
          bucket.take(granted, nowMs);
          return { granted, afterMs: bucket.waitMs(1, nowMs), remaining: bucket.level(nowMs), replicas };
        },
        async throttled({ limit, afterMs }) {
          bucketOf(limit).throttled(clock.monotonicMs(), afterMs);
        },
        async lower({ limit, remaining }) {
          bucketOf(limit).lower(remaining, clock.monotonicMs());
        },
      };
    },
  };
}

function wholeTokens(level: number): number {
  return Math.max(0, Math.floor(level + 1e-6));
}
