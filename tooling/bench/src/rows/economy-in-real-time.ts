import type { Figure, Row, RowRequest } from "@cloudlink/measure";
import { startRedis } from "@cloudlink/testbed";
import { type EconomyShape, REPLICAS, VENDOR_MS } from "../economy/shape.ts";
import { simulate } from "../economy/simulate.ts";
import { type Workload, workloads } from "../economy/workload.ts";
import type { Begin, ReplicaSaid, ReplicaSettings } from "../processes/economy-process.ts";
import { startProcess } from "../processes/start-process.ts";
import { portOf } from "../processes/vendor-port.ts";
import type { VendorSaid } from "../processes/vendor-process.ts";

/** Of real time; a tenth of the tenants, 200 to 400 reads a second, which leaves two cores idle for the most part. */
const DURATION_MS = 60_000;
const SAMPLED_TENANTS = { dashboards: 20, zipf: 100, mixed: 100 } as const;
const MAX_AGE_MS = 30_000;

/** Longer than by default: that a busy machine stands still for 40 ms now and then is no part of what is compared. */
const PATIENCE_MS = 1_000;

/** Until all replicas have heard when it begins. */
const BEGINS_IN_MS = 500;

/**
 * What makes row 7 worth believing: the same workload by four processes on a real Redis, with a vendor in a process of its own, makes as many vendor
 * calls as in virtual time over the double. The control's processes share nothing.
 */
export const economyInRealTime: Row = {
  row: "speed-7",
  group: "economy",
  async measure(request) {
    const { size, seed, control, subjects } = request;
    const isFull = size === "full";
    const figures: Figure[] = [];
    for (const workload of isFull ? workloads : (["mixed"] as const)) {
      const shape: EconomyShape = isFull
        ? { tenants: 1_000, sampledTenants: SAMPLED_TENANTS[workload], durationMs: DURATION_MS, readsPerSecond: 2_000 }
        : { tenants: 20, sampledTenants: 3, durationMs: 1_500, readsPerSecond: 100 };
      const maxAgeMs = isFull ? MAX_AGE_MS : 700;
      const policy = { by: "kernel", shared: "store", isCached: true, maxAgeMs } as const;
      const virtual = await simulate(subjects, { workload, policy, balanced: "refreshes", shape, seed });
      const real = await inRealTime(request, { workload, shape, maxAgeMs });
      const ratio = real.vendorCalls / virtual.vendorCalls;
      figures.push({
        row: "speed-7",
        name: `${workload}: vendor calls in real time, ${REPLICAS} processes on Redis, differ from those in virtual time${control ? ", sharing nothing" : ""}`,
        value: Math.abs(ratio - 1) * 100,
        unit: "%",
        goal: { atMost: 10 },
        n: real.reads,
        seed,
        note: `${real.vendorCalls} against ${virtual.vendorCalls} of ${real.reads} reads: ${ratio.toFixed(3)}; ${shape.durationMs / 1_000} s, maxAgeMs ${maxAgeMs}, at the latest ${real.lateMs.toFixed(0)} ms late`,
      });
    }
    return figures;
  },
};

async function inRealTime(
  { subjects, seed, control }: RowRequest,
  of: { readonly workload: Workload; readonly shape: EconomyShape; readonly maxAgeMs: number },
): Promise<{ readonly vendorCalls: number; readonly reads: number; readonly lateMs: number }> {
  await using server = await startRedis();
  await using vendor = startProcess<VendorSaid>("vendor-process", { takesMs: VENDOR_MS });
  const vendorPort = await portOf(vendor);
  let vendorCalls = 0;
  vendor.onSaid(() => {
    vendorCalls += 1;
  });
  await using replicas = new AsyncDisposableStack();
  const { directory } = subjects;
  const started = await Promise.all(
    Array.from({ length: REPLICAS }, async (_, replica) => {
      const common = { directory, redisUrl: server.url, vendorPort, isShared: !control, patienceMs: PATIENCE_MS };
      const settings: ReplicaSettings = { ...common, ...of, seed, replica };
      const started = replicas.use(startProcess<ReplicaSaid>("economy-process", settings));
      await started.next();
      return started;
    }),
  );
  const begin: Begin = { atMs: Date.now() + BEGINS_IN_MS };
  for (const replica of started) replica.send(begin);
  let reads = 0;
  let lateMs = 0;
  for (const replica of started) {
    const said = await replica.next();
    if (said.type !== "done" || said.failed > 0) throw new Error("a read failed");
    reads += said.reads;
    lateMs = Math.max(lateMs, said.lateMs);
  }
  return { vendorCalls, reads, lateMs };
}
