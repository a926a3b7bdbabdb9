import type { Clock, Context, Provider, SharedUse } from "@cloudlink/core";
import type { Subjects } from "@cloudlink/measure";
import type { Nexus } from "@cloudlink/nexus";
import type { Redis } from "ioredis";

type CacheModule = Subjects["cache"];
type SharedCache = ReturnType<CacheModule["createSharedCache"]>;
export type SharedStore = Parameters<CacheModule["createSharedCache"]>[0]["store"];

/** A kernel whose cache has a level in Redis. */
export interface SharedKernel extends AsyncDisposable {
  readonly nexus: Nexus;
  readonly cache: SharedCache;
  readonly ctx: Context;
  use(): SharedUse;
}

export interface SharedKernelSettings {
  readonly redis: Redis;
  readonly provider: Provider;
  readonly accounts: readonly { readonly account: string; readonly regions: readonly string[] }[];
  /** Whether this process's memory keeps anything; if not, every answer is from Redis or from the vendor. */
  readonly hasMemory: boolean;
  /** Whether it waits for Redis however long that takes. */
  readonly isPatient?: boolean;
  /** What a control puts between the cache and its store. */
  around?(store: SharedStore): SharedStore;
}

export const TENANT = "acme";

/** Of an hour: what is measured does not expire meanwhile. */
const KEEP_MS = 3_600_000;

/**
 * The system's clock, but for the time that a kernel waits for Redis before it goes on without: on a machine with other guests a process stands still for
 * longer than that now and then, and what is measured here is what Redis answers.
 */
function patientClock({ systemClock }: Subjects["core"]): Clock {
  return {
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs(),
    schedule: (task, { delayMs, background = false }) =>
      systemClock.schedule(task, { delayMs: background ? delayMs : Math.max(delayMs, PATIENCE_MS), background }),
  };
}

const PATIENCE_MS = 10_000;

/** Makes one, with permission, freezing and trace ids on, and waits until it hears of others' invalidations. */
export async function sharedKernel(subjects: Subjects, settings: SharedKernelSettings): Promise<SharedKernel> {
  const { redis, provider, accounts, hasMemory, isPatient = false, around = (store) => store } = settings;
  const { core, cache: module, nexus: kernel } = subjects;
  const { createRedisStore } = await subjects.load("@cloudlink/cache/redis");
  const store = around(createRedisStore({ redis, keepMs: KEEP_MS }));
  // Nothing is as small as an eighth of a byte, which is the largest thing that such a memory takes.
  const clock = isPatient ? patientClock(core) : core.systemClock;
  const cache = module.createSharedCache({ store, clock, ...(!hasMemory && { maxBytes: 1 }) });
  const use = () => cache.use().shared as SharedUse;
  const known = new Set(accounts.map(({ account }) => account));
  const { name, partitions } = provider.metadata;
  const nexus = kernel.createNexus({
    providers: [provider],
    accounts: accounts.map((account) => ({
      provider: name,
      partition: partitions[0] as string,
      ...account,
      role: "reader",
    })),
    permission: {
      denial: ({ tenant }, { account }) => (tenant === TENANT && known.has(account) ? undefined : "not yours"),
    },
    cache,
  });
  await until(() => use().state === "up" && use().hears);
  return {
    ...{ nexus, cache, use, ctx: core.background().withTenant(TENANT) },
    async [Symbol.asyncDispose]() {
      await nexus.close();
      await cache.close();
    },
  };
}

/** Waits for what no event tells of. @throws Error when it takes far too long. */
export async function until(isSo: () => boolean): Promise<void> {
  for (const begun = performance.now(); !isSo(); ) {
    if (performance.now() - begun > 30_000) throw new Error("what was waited for did not come");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
