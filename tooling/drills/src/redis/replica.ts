import { setTimeout } from "node:timers/promises";
import type { Calls } from "@cloudlink/core/calls";
import { REGION, type RowRequest, type Vendor } from "@cloudlink/measure";
import { Redis } from "ioredis";
import { kernelReader, naiveReader, type Reader } from "./reader.ts";
import { VendorTime } from "./vendor-time.ts";
import { ACCOUNTS, RUSHED_ACCOUNT } from "./world.ts";

/** How often it is looked whether a replica hears the others, in milliseconds. */
const LOOK_AGAIN_MS = 10;

/** One of several that share a Redis. */
export interface Replica extends AsyncDisposable {
  readonly reader: Reader;
  readonly vendorTime: VendorTime;
}

export interface ReplicaSettings {
  readonly vendor: Vendor;
  /** Where it finds Redis. */
  readonly port: number;
}

export async function createReplica(request: RowRequest, settings: ReplicaSettings): Promise<Replica> {
  return await (request.control ? naiveReplica : kernelReplica)(request, settings);
}

/** As a user sets one up, with whatever ioredis does by itself. */
async function kernelReplica({ subjects }: RowRequest, { vendor, port }: ReplicaSettings): Promise<Replica> {
  const { createRedisStore, createRedisLimitStore } = await subjects.load("@cloudlink/cache/redis");
  const redis = new Redis({ host: "127.0.0.1", port });
  const cache = subjects.cache.createSharedCache({ store: createRedisStore({ redis }) });
  const vendorTime = new VendorTime();
  const limits = { store: createRedisLimitStore({ redis }) };
  const kernel = createKernel(subjects, { vendor, vendorTime, shared: { cache, limits } });
  while (cache.use().shared?.hears !== true) await setTimeout(LOOK_AGAIN_MS);
  return {
    reader: kernelReader(subjects, kernel),
    vendorTime,
    async [Symbol.asyncDispose]() {
      await kernel.close();
      await cache.close();
      redis.disconnect();
    },
  };
}

async function naiveReplica({ subjects }: RowRequest, { vendor, port }: ReplicaSettings): Promise<Replica> {
  // Nothing is given up while there is no connection; what was sent on one that then broke is lost.
  const redis = new Redis({
    host: "127.0.0.1",
    port,
    maxRetriesPerRequest: null,
    autoResendUnfulfilledCommands: false,
  });
  redis.on("error", () => {});
  const vendorTime = new VendorTime();
  const kernel = createKernel(subjects, { vendor, vendorTime });
  return {
    reader: naiveReader(subjects, { kernel, redis }),
    vendorTime,
    async [Symbol.asyncDispose]() {
      await kernel.close();
      redis.disconnect();
    },
  };
}

type Subjects = RowRequest["subjects"];
type NexusSettings = Parameters<Subjects["nexus"]["createNexus"]>[0];

function createKernel(
  { core, nexus, aws }: Subjects,
  settings: {
    readonly vendor: Vendor;
    readonly vendorTime: VendorTime;
    /** What the replicas have in common; left out, each has the vendor's limits to itself, and no cache. */
    readonly shared?: Pick<NexusSettings, "cache" | "limits">;
  },
): Calls & { close(): Promise<void> } {
  const { vendor, vendorTime, shared } = settings;
  return nexus.createNexus({
    providers: [vendorTime.watch(aws.aws({ endpoint: vendor.endpoint }))],
    accounts: [...ACCOUNTS, RUSHED_ACCOUNT].map((account) => ({
      ...{ provider: "aws", partition: "aws", account, regions: [REGION], role: "drill" },
    })),
    credentials: core.staticCredentials(({ account }) => {
      const { accessKeyId, secretAccessKey } = vendor.accounts.find(({ id }) => id === account)?.accessKeys[0] ?? {};
      return accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
    }),
    ...shared,
  });
}
