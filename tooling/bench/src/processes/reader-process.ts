import { loadSubjects } from "@cloudlink/measure";
import KeyvRedis from "@keyv/redis";
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { redisDriver } from "bentocache/drivers/redis";
import { createCache } from "cache-manager";
import { Redis } from "ioredis";
import { Keyv } from "keyv";
import { createDepot, DEPOT } from "../depot.ts";
import { sharedKernel } from "../shared-kernel.ts";
import { parentOf } from "./start-process.ts";
import { vendorClient } from "./vendor-client.ts";

/** Who reads: the subject; a control, whose kernels share nothing; and the peers, each with memory before the same Redis. */
export type ReaderPolicy = "kernel" | "kernel alone" | "bentocache" | "cache-manager";

export interface ReaderSettings {
  readonly policy: ReaderPolicy;
  /** Where the packages are that are measured. */
  readonly directory: string;
  readonly redisUrl: string;
  readonly vendorPort: number;
}

/** Many callers read one machine at once. */
export interface ReadTogether {
  readonly id: string;
  readonly callers: number;
}

/** That it is ready; then that all callers of a read have their answer. */
export type ReaderSaid = { readonly type: "ready" } | { readonly type: "done"; readonly id: string };

const REGION = "north";
const TTL_MS = 60_000;

const { settings, say, onMessage } = await parentOf<ReaderSettings, ReadTogether>();
const read = await readerBy(settings);
onMessage(async ({ id, callers }) => {
  await Promise.all(Array.from({ length: callers }, () => read(id)));
  say({ type: "done", id });
});
say({ type: "ready" });

async function readerBy(by: ReaderSettings): Promise<(id: string) => Promise<unknown>> {
  const { policy, directory, redisUrl, vendorPort } = by;
  const ask = vendorClient(vendorPort);
  const fill = async (id: string) => (await ask({ region: REGION, ids: [id] }))[0];
  if (policy === "bentocache") {
    const connection = new Redis(redisUrl);
    const both = bentostore()
      .useL1Layer(memoryDriver({ maxItems: 10_000 }))
      .useL2Layer(redisDriver({ connection }));
    const bento = new BentoCache({ default: "both", stores: { both } });
    return (key) => bento.getOrSet({ key, factory: () => fill(key), ttl: TTL_MS });
  }
  if (policy === "cache-manager") {
    const manager = createCache({ stores: [new Keyv(), new Keyv({ store: new KeyvRedis(redisUrl) })] });
    return (key) => manager.wrap(key, () => fill(key), TTL_MS);
  }
  const subjects = await loadSubjects(directory);
  const { createRef, VirtualMachine: kind } = subjects.core;
  const { nexus, ctx } = await sharedKernel(subjects, {
    redis: new Redis(redisUrl),
    provider: createDepot(subjects.core, ask),
    accounts: [{ account: "home", regions: [REGION] }],
    hasMemory: true,
    isShared: policy === "kernel",
    patienceMs: 1_000,
  });
  return (id) => {
    const ref = createRef({ ...DEPOT, account: "home", region: REGION, kind: kind.name, id });
    return nexus.get(ctx, { kind, ref, maxAgeMs: TTL_MS });
  };
}
