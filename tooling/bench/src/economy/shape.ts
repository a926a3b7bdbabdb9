/** What `goals.md` says of the economy workload, and does not change with its size. */
export const MACHINES_PER_TENANT = 20;
export const REGIONS = ["r1", "r2"] as const;
export const REPLICAS = 4;
export const VENDOR_MS = 120;
/** On average: the times between the changes of a machine are exponential. */
export const BETWEEN_CHANGES_MS = 2 * 3_600_000;

/**
 * How large a run of the economy workload is. Tenants share nothing, so that some of them, chosen at random, stand for all: what they are read
 * and what that costs is the same with and without the others.
 */
export interface EconomyShape {
  /** That there are. */
  readonly tenants: number;
  /** Whose reads are made. */
  readonly sampledTenants: number;
  readonly durationMs: number;
  /** By Zipf's law, over the machines of all tenants. */
  readonly readsPerSecond: number;
}

/** As `goals.md` has it. */
export const WHOLE: EconomyShape = {
  tenants: 1_000,
  sampledTenants: 1_000,
  durationMs: 3_600_000,
  readsPerSecond: 2_000,
};

/** How many machines the sampled tenants have. */
export function machinesOf({ sampledTenants }: EconomyShape): number {
  return sampledTenants * MACHINES_PER_TENANT;
}

export function tenantOf(machine: number): number {
  return Math.floor(machine / MACHINES_PER_TENANT);
}

/** The first half of a tenant's machines is in the one region, the rest in the other. */
export function regionOf(machine: number): string {
  const [first, second] = REGIONS;
  return machine % MACHINES_PER_TENANT < MACHINES_PER_TENANT / 2 ? first : second;
}
