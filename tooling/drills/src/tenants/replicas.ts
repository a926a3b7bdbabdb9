import { setTimeout } from "node:timers/promises";
import type { Cache, Events } from "@cloudlink/core";
import type { Calls } from "@cloudlink/core/calls";
import type { Subjects } from "@cloudlink/measure";
import { type RedisNode, startRedis } from "@cloudlink/testbed";
import { Redis } from "ioredis";
import type { Crossings } from "./crossings.ts";
import { type Population, providers } from "./population.ts";
import { isOf, stampOf } from "./stamp.ts";
import { stampingProvider, type ThingKind } from "./stamping-provider.ts";

/** How often it is looked whether a cache hears the others, in milliseconds. */
const LOOK_AGAIN_MS = 10;

/** How long a read waits for Redis, in milliseconds: hundreds at once in one process take longer than it has by default, and would go on without. */
const PATIENCE_MS = 5_000;

/** What two kernels share. */
export type Sharing = "redis" | "memory";

/** Two kernels as replicas behind one address are set up. */
export interface Replicas extends AsyncDisposable {
  readonly calls: readonly [Calls, Calls];
  /** What they share, where it is a server. */
  readonly server: RedisNode | undefined;
}

interface ReplicasSettings {
  readonly sharing: Sharing;
  readonly population: Population;
  readonly kind: ThingKind;
  readonly crossings: Crossings;
}

export async function createReplicas(subjects: Subjects, settings: ReplicasSettings): Promise<Replicas> {
  const { sharing, population, kind, crossings } = settings;
  const { nexus } = subjects;
  const { caches, server, close } = await (sharing === "redis" ? cachesOverRedis : oneCacheInMemory)(subjects);
  const idempotency = nexus.createMemoryIdempotencyStore();
  const kernels = caches.map((cache) =>
    nexus.createNexus({
      providers: providers.map((each) => stampingProvider(subjects, { ...each, kind, crossings })),
      accounts: population.directory,
      ...{ cache, idempotency, events: watchedEvents(subjects, crossings), tokenKey: new Uint8Array(32).fill(9) },
    }),
  ) as [Nexus, Nexus];
  return {
    calls: kernels,
    server,
    async [Symbol.asyncDispose]() {
      for (const kernel of kernels) await kernel.close();
      await close();
    },
  };
}

type Nexus = ReturnType<Subjects["nexus"]["createNexus"]>;

interface Caches {
  readonly caches: readonly [Cache, Cache];
  readonly server: RedisNode | undefined;
  close(): Promise<void>;
}

async function oneCacheInMemory({ cache }: Subjects): Promise<Caches> {
  const shared = cache.createMemoryCache();
  return { caches: [shared, shared], server: undefined, close: async () => {} };
}

async function cachesOverRedis({ cache, load }: Subjects): Promise<Caches> {
  const { createRedisStore } = await load("@cloudlink/cache/redis");
  const server = await startRedis();
  const clients = [new Redis(server.url), new Redis(server.url)] as const;
  const [one, other] = clients.map((redis) =>
    cache.createSharedCache({ store: createRedisStore({ redis }), patienceMs: PATIENCE_MS }),
  );
  if (one === undefined || other === undefined) throw new RangeError("there are two");
  const caches = [one, other] as const;
  for (const each of caches) while (each.use().shared?.hears !== true) await setTimeout(LOOK_AGAIN_MS);
  return {
    caches,
    server,
    async close() {
      for (const each of caches) await each.close();
      for (const redis of clients) redis.disconnect();
      await server.stop();
    },
  };
}

/** Whether what is told of a scope is that scope's. */
function watchedEvents({ core }: Subjects, crossings: Crossings): Events {
  return {
    publish({ scope, ref, observation }) {
      const { stamp } = (observation?.value ?? {}) as { readonly stamp?: string };
      const isRight = isOf(scope, core.parseRef(ref)) && (stamp === undefined || stamp === stampOf(scope));
      crossings.saw("event", isRight, () => `${stampOf(scope)} is told of ${ref}, as ${stamp} sees it`);
    },
  };
}
