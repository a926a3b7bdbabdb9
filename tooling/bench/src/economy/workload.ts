import type { Random } from "@cloudlink/measure";
import { type Balanced, DashboardReads, dashboardReadsDue } from "./dashboard-reads.ts";
import { BothReads, type ReadStream } from "./read-stream.ts";
import type { EconomyShape } from "./shape.ts";
import { ZipfReads, zipfReadsDue } from "./zipf-reads.ts";

export const workloads = ["dashboards", "zipf", "mixed"] as const;
export type Workload = (typeof workloads)[number];

/** In the mixed workload, one tenant in so many has dashboards. */
export const ONE_TENANT_IN = 20;

/** The reads of a workload; the same `random` gives the same reads. */
export function readsOf(
  workload: Workload,
  from: { readonly shape: EconomyShape; readonly balanced: Balanced; readonly random: Random },
): ReadStream {
  const { shape, random } = from;
  const everybody = Array.from({ length: shape.sampledTenants }, (_, tenant) => tenant);
  if (workload === "dashboards") return new DashboardReads({ ...from, tenants: everybody });
  if (workload === "zipf") return new ZipfReads(shape, random);
  const some = everybody.filter((tenant) => tenant % ONE_TENANT_IN === 0);
  return new BothReads(new ZipfReads(shape, random), new DashboardReads({ ...from, tenants: some }));
}

/** How many reads of the sampled tenants are due: with any seed about as many are made. */
export function readsDue(workload: Workload, shape: EconomyShape): number {
  const zipf = zipfReadsDue(shape);
  const perTenant = dashboardReadsDue(shape);
  const { sampledTenants } = shape;
  const some = Math.ceil(sampledTenants / ONE_TENANT_IN);
  return { dashboards: perTenant * sampledTenants, zipf, mixed: zipf + perTenant * some }[workload];
}
