import { loadSubjects } from "@cloudlink/measure";
import { Redis } from "ioredis";
import { BasicClientSideCache, createClient } from "redis";
import { ATTIC, createAttic } from "../attic.ts";
import { type SharedStore, sharedKernel } from "../shared-kernel.ts";
import { parentOf } from "./start-process.ts";

/** Whose memory hears of an invalidation. */
export type Memory = "kernel" | "node-redis";

export interface ListenerSettings {
  readonly directory: string;
  readonly redisUrl: string;
  /** For a control: words are taken in so many milliseconds later, as by whoever polls for them. */
  readonly lateMs: number;
}

/** Has a memory read a key, so that it is in it. */
export interface Read {
  readonly memory: Memory;
  readonly key: string;
}

/** That a key is in memory, or at the start that all is ready; then that it is not any more, and since when, by the clock that all processes of a machine have. */
export type ListenerSaid = { readonly type: "kept" } | { readonly type: "gone"; readonly atNs: string };

const MAX_AGE_MS = 3_600_000;

const { settings, say, onMessage } = await parentOf<ListenerSettings, Read>();
const { directory, redisUrl, lateMs } = settings;
const subjects = await loadSubjects(directory);
const kernel = await sharedKernel(subjects, {
  redis: new Redis(redisUrl),
  provider: createAttic(subjects.core).provider,
  accounts: [{ account: ATTIC.account, regions: [ATTIC.region] }],
  ...{ hasMemory: true, patienceMs: 10_000, around: toldOf },
});
const clientCache = new BasicClientSideCache({ ttl: 0, maxEntries: 0 });
clientCache.on("invalidate", () => gone(clientCache.size()));
const client = createClient({ url: redisUrl, RESP: 3, clientSideCache: clientCache });
await client.connect();

onMessage(async ({ memory, key }) => {
  if (memory === "node-redis") await client.get(key);
  else {
    const { createRef, VirtualMachine: kind } = subjects.core;
    const { provider } = ATTIC;
    const ref = createRef({ ...ATTIC, provider, kind: kind.name, id: key });
    await kernel.nexus.get(kernel.ctx, { kind, ref, maxAgeMs: MAX_AGE_MS });
  }
  say({ type: "kept" });
});
say({ type: "kept" });

/** @param left - how many entries its memory has. */
function gone(left: number): void {
  const atNs = String(process.hrtime.bigint());
  if (left > 0) throw new Error("memory still has what was invalidated");
  say({ type: "gone", atNs });
}

/** The same store; when it has told the cache of an invalidation, that is noted. */
function toldOf(store: SharedStore): SharedStore {
  return {
    ...store,
    listen(listener) {
      store.listen({
        heard(word) {
          const hear = () => {
            listener.heard(word);
            if (word.type === "invalidated") gone(kernel.cache.use().entries);
          };
          if (lateMs > 0) setTimeout(hear, lateMs);
          else hear();
        },
        lost: () => listener.lost(),
        regained: (log) => listener.regained(log),
      });
    },
  };
}
