import {
  createLocalStores,
  createMemoryCache,
  createSharedCache,
  type SharedStore,
  type StoreLog,
} from "@cloudlink/cache";
import type { Cache, Clock } from "@cloudlink/core";
import type { ManualClock } from "@cloudlink/core/testing";
import { thingRef } from "../thing.ts";
import { StoreLine } from "./store-line.ts";

/** Puts something in the place of a cache, or of the store that a cache is given: a fault, to see whether it is found. */
export interface Wrap {
  cache?(cache: Cache): Cache;
  store?(store: SharedStore): SharedStore;
}

/** What {@link CreateWorld} takes. */
export interface WorldSettings {
  readonly clock: ManualClock;
  /** How much each cache may keep in memory. */
  readonly maxEntries: number;
  readonly wrap: Wrap;
}

/** What the kernels of a schedule have for their caches. */
export interface World {
  /** One for each kernel. */
  readonly caches: readonly Cache[];
  /** What each has to the store; none where nothing is shared. */
  readonly lines: readonly StoreLine[];
  /** Settles when nothing moves by itself any more, and every word that was said has arrived wherever it can. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export type CreateWorld = (settings: WorldSettings) => Promise<World>;

/** Lets the event loop turn until nothing moves by itself: readings that gather leave by its next turn. */
async function turned(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
}

/** One kernel, with a cache in memory. */
export const createMemoryWorld: CreateWorld = async ({ maxEntries, wrap }) => {
  const cache = createMemoryCache({ random: sawtooth(), maxEntries });
  return { caches: [wrap.cache?.(cache) ?? cache], lines: [], settled: turned, async close() {} };
};

/** Two kernels whose stores share the memory of this process. */
export const createLocalWorld: CreateWorld = (settings) => {
  const stores = createLocalStores({ clock: storeClock(settings.clock) });
  return createSharedWorld(settings, { connect: () => stores.connect() });
};

/** The clock of a store: right at the beginning, and nobody sets it. */
export function storeClock(clock: Clock): Clock {
  const aheadMs = clock.nowMs() - clock.monotonicMs();
  return {
    nowMs: () => clock.monotonicMs() + aheadMs,
    monotonicMs: () => clock.monotonicMs(),
    schedule: (task, options) => clock.schedule(task, options),
  };
}

/** Kernels that share a store. */
const KERNELS = [0, 1];

/** Two kernels that share what `connect` leads to. @param stores - makes a store for a kernel, or for the model itself. */
export async function createSharedWorld(
  { clock, maxEntries, wrap }: WorldSettings,
  stores: { connect(kernel: number | undefined): SharedStore },
): Promise<World> {
  const mark = thingRef("mark", { account: "nobody" });
  const loadLog = async (): Promise<StoreLog> => {
    const store = stores.connect(undefined);
    const log = await new Promise<StoreLog>((regained) => store.listen({ heard() {}, lost() {}, regained }));
    await store.close();
    return log;
  };
  const lines = KERNELS.map((kernel) => new StoreLine({ store: stores.connect(kernel), mark, loadLog }));
  const shared = lines.map((line) =>
    createSharedCache({ store: wrap.store?.(line) ?? line, clock, random: sawtooth(), maxEntries }),
  );
  await Promise.all(lines.map((line) => line.began()));
  const marker = stores.connect(undefined);
  let marks = 0;
  let settledAt = -1;

  /** Whatever the store was asked is answered, and whatever it said before now has been heard. */
  async function passedOn(): Promise<void> {
    await Promise.all(lines.map((line) => line.idle()));
    do {
      marks += 1;
      await marker.invalidate({ type: "change", change: { ref: mark, occurredAt: marks } });
      await Promise.all(lines.map((line) => line.reached(marks)));
    } while (!lines.every((line) => line.isPast(marks)));
  }

  const sent = () => lines.reduce((sum, line) => sum + line.sent, 0);
  return {
    caches: shared.map((cache) => wrap.cache?.(cache) ?? cache),
    lines,
    async settled() {
      await turned();
      while (settledAt !== sent()) {
        settledAt = sent();
        await passedOn();
        await turned();
      }
    },
    async close() {
      for (const cache of shared) await cache.close();
      await marker.close();
    },
  };
}

/** The same numbers in every run, from 0 up to 1. */
function sawtooth(): () => number {
  let last = 0;
  return () => {
    last = (last + 0.382) % 1;
    return last;
  };
}
