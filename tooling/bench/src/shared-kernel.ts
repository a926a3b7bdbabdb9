import type { Context, Provider, SharedUse } from "@cloudlink/core";
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
  /**
   * How long it waits for Redis. More than by default where that is no part of what is measured: on a machine with other guests a process stands still for
   * longer than that now and then.
   */
  readonly patienceMs?: number;
  /** Whether its cache has a level in Redis; if not, it shares with nobody: a control. */
  readonly isShared?: boolean;
  /** What a control puts between the cache and its store. */
  around?(store: SharedStore): SharedStore;
}

/** May read every account; other tenants read the one of their name. */
const TENANT = "acme";

/** Of an hour: what is measured does not expire meanwhile. */
const KEEP_MS = 3_600_000;

/** Makes one, with permission, freezing and trace ids on, and waits until it hears of others' invalidations. */
export async function sharedKernel(subjects: Subjects, settings: SharedKernelSettings): Promise<SharedKernel> {
  const { redis, provider, accounts, hasMemory, patienceMs, isShared = true, around = (store) => store } = settings;
  const { core, cache: module, nexus: kernel } = subjects;
  const { createRedisStore } = await subjects.load("@cloudlink/cache/redis");
  const inRedis = () => createRedisStore({ redis, keepMs: KEEP_MS });
  const store = around(isShared ? inRedis() : module.createLocalStores().connect());
  // Nothing is as small as an eighth of a byte, which is the largest thing that such a memory takes.
  const cache = module.createSharedCache({
    store,
    ...(patienceMs !== undefined && { patienceMs }),
    ...(!hasMemory && { maxBytes: 1 }),
  });
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
      denial: ({ tenant }, { action, account }) => {
        if (tenant === TENANT && (action === "invalidate" || known.has(account))) return undefined;
        return tenant === account && known.has(account) ? undefined : "not yours";
      },
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
