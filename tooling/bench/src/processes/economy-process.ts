import { loadSubjects, randomFrom } from "@cloudlink/measure";
import { Redis } from "ioredis";
import { createDepot, DEPOT } from "../depot.ts";
import { type EconomyShape, machinesOf, REGIONS, regionOf, tenantOf } from "../economy/shape.ts";
import { readsOf, type Workload } from "../economy/workload.ts";
import { sharedKernel } from "../shared-kernel.ts";
import { parentOf } from "./start-process.ts";
import { vendorClient } from "./vendor-client.ts";

/** One replica of the economy workload in real time. */
export interface ReplicaSettings {
  readonly directory: string;
  readonly redisUrl: string;
  readonly vendorPort: number;
  readonly isShared: boolean;
  readonly patienceMs: number;
  /** Which of the replicas it is. */
  readonly replica: number;
  readonly workload: Workload;
  readonly shape: EconomyShape;
  readonly seed: number;
  readonly maxAgeMs: number;
}

/** When the workload begins, by the wall clock. */
export interface Begin {
  readonly atMs: number;
}

/** That it is ready; then what came of it. `lateMs`: by how much it was later than the workload with a read, at the most. */
export type ReplicaSaid =
  | { readonly type: "ready" }
  | { readonly type: "done"; readonly reads: number; readonly failed: number; readonly lateMs: number };

const { settings, say, onMessage } = await parentOf<ReplicaSettings, Begin>();
const { directory, redisUrl, vendorPort, isShared, patienceMs, replica, workload, shape, seed, maxAgeMs } = settings;
const subjects = await loadSubjects(directory);
const { createRef, VirtualMachine: kind } = subjects.core;
const tenants = Array.from({ length: shape.sampledTenants }, (_, tenant) => `t${tenant}`);
const { nexus, ctx } = await sharedKernel(subjects, {
  redis: new Redis(redisUrl),
  provider: createDepot(subjects.core, vendorClient(vendorPort)),
  accounts: tenants.map((account) => ({ account, regions: REGIONS })),
  ...{ hasMemory: true, isShared, patienceMs },
});
const contexts = tenants.map((tenant) => ctx.withTenant(tenant));
const refs = Array.from({ length: machinesOf(shape) }, (_, index) =>
  createRef({
    ...{ ...DEPOT, account: tenants[tenantOf(index)] as string, region: regionOf(index) },
    ...{ kind: kind.name, id: String(index) },
  }),
);

onMessage(async ({ atMs: beginsMs }) => {
  // The same reads as in virtual time; see `simulate`.
  const reads = readsOf(workload, { shape, balanced: "refreshes", random: randomFrom(seed + 1) });
  const counts = { reads: 0, failed: 0, lateMs: 0 };
  const under: Promise<void>[] = [];
  while (reads.next()) {
    if (reads.replica !== replica) continue;
    const dueMs = beginsMs + reads.atMs;
    const waitMs = dueMs - Date.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    counts.lateMs = Math.max(counts.lateMs, Date.now() - dueMs);
    counts.reads += 1;
    const tenant = contexts[tenantOf(reads.machine)] as typeof ctx;
    const read = nexus.get(tenant, { kind, ref: refs[reads.machine] as (typeof refs)[number], maxAgeMs });
    const settled = read.then(
      () => {},
      () => {
        counts.failed += 1;
      },
    );
    under.push(settled);
  }
  await Promise.all(under);
  say({ type: "done", ...counts });
});
say({ type: "ready" });
