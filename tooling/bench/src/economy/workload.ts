import type { Random } from "@cloudlink/measure";
import { type EconomyShape, MACHINES_PER_TENANT, machinesOf, REPLICAS } from "./shape.ts";

/**
 * Reads in the order of their instants. `next` goes to the next one, while there is one: it is one object that changes, since there are tens
 * of millions of them.
 */
export interface ReadStream {
  readonly atMs: number;
  readonly machine: number;
  /** Any replica, whichever the load balancer chose. */
  readonly replica: number;
  next(): boolean;
}

export const workloads = ["dashboards", "zipf", "mixed"] as const;
export type Workload = (typeof workloads)[number];

/** A dashboard's refresh comes through one replica, as over one connection; or each of its reads through any. */
export type Balanced = "refreshes" | "reads";

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

/** In the mixed workload, one tenant in so many has dashboards. */
const ONE_TENANT_IN = 20;

/** How many reads are due, on average, of the sampled tenants' share of all machines. */
export function readsDue(
  workload: Workload,
  { tenants, sampledTenants, durationMs, readsPerSecond }: EconomyShape,
): number {
  const zipf = (readsPerSecond * (durationMs / 1_000) * sampledTenants) / tenants;
  const perTenant = DASHBOARDS_PER_TENANT * MACHINES_PER_TENANT * (durationMs / PERIOD_MS);
  const dashboards = perTenant * sampledTenants;
  return { dashboards, zipf, mixed: zipf + perTenant * Math.ceil(sampledTenants / ONE_TENANT_IN) }[workload];
}

const DASHBOARDS_PER_TENANT = 5;
const PERIOD_MS = 5_000;
/** A dashboard's reads come within that time. */
const WITHIN_MS = 20;

/** Each dashboard reads all machines of its tenant once in a period, at an instant of the period that is its own. */
class DashboardReads implements ReadStream {
  atMs = 0;
  machine = 0;
  replica = 0;
  readonly #random: Random;
  readonly #balanced: Balanced;
  readonly #durationMs: number;
  /** By dashboard: its tenant, and when in the period it begins. */
  readonly #dashboards: readonly { readonly tenant: number; readonly beginsMs: number }[];
  /** The reads of a period, each as one number that sorts by time: microseconds × their count + which it is. */
  readonly #period: Float64Array;
  /** By dashboard: the replica that it reads through in this period. */
  readonly #replicas: Uint8Array;
  #periodAtMs = -PERIOD_MS;
  #place: number;

  constructor(from: {
    readonly shape: EconomyShape;
    readonly balanced: Balanced;
    readonly random: Random;
    readonly tenants: readonly number[];
  }) {
    const { shape, balanced, random, tenants } = from;
    this.#random = random;
    this.#balanced = balanced;
    this.#durationMs = shape.durationMs;
    this.#dashboards = tenants.flatMap((tenant) =>
      Array.from({ length: DASHBOARDS_PER_TENANT }, () => ({
        tenant,
        beginsMs: random.next() * (PERIOD_MS - WITHIN_MS),
      })),
    );
    this.#period = new Float64Array(this.#dashboards.length * MACHINES_PER_TENANT);
    this.#replicas = new Uint8Array(this.#dashboards.length);
    this.#place = this.#period.length;
  }

  next(): boolean {
    const reads = this.#period.length;
    if (this.#place === reads && !this.#nextPeriod()) return false;
    const read = this.#period[this.#place] ?? 0;
    this.#place += 1;
    const which = read % reads;
    this.atMs = this.#periodAtMs + Math.floor(read / reads) / 1_000;
    const dashboard = Math.floor(which / MACHINES_PER_TENANT);
    const { tenant } = this.#dashboards[dashboard] ?? { tenant: 0 };
    this.machine = tenant * MACHINES_PER_TENANT + (which % MACHINES_PER_TENANT);
    this.replica = this.#balanced === "reads" ? this.#random.below(REPLICAS) : (this.#replicas[dashboard] ?? 0);
    return true;
  }

  #nextPeriod(): boolean {
    this.#periodAtMs += PERIOD_MS;
    const reads = this.#period.length;
    if (this.#periodAtMs >= this.#durationMs || reads === 0) return false;
    for (let which = 0; which < reads; which += 1) {
      const { beginsMs } = this.#dashboards[Math.floor(which / MACHINES_PER_TENANT)] ?? { beginsMs: 0 };
      const microseconds = Math.floor((beginsMs + this.#random.next() * WITHIN_MS) * 1_000);
      this.#period[which] = microseconds * reads + which;
    }
    for (let dashboard = 0; dashboard < this.#replicas.length; dashboard += 1) {
      this.#replicas[dashboard] = this.#random.below(REPLICAS);
    }
    this.#period.sort();
    this.#place = 0;
    return true;
  }
}

/**
 * Independent reads of all machines: the n-th most popular is read 1/n times as often as the first, and which one that is, chance decides. Each
 * machine's reads come at random, independent of all others', so that those of some are the same with and without the rest.
 */
class ZipfReads implements ReadStream {
  atMs = 0;
  machine = 0;
  replica = 0;
  readonly #random: Random;
  readonly #durationMs: number;
  readonly #betweenMs: number;
  /** The machines that are read, from the most popular on. */
  readonly #machines: Uint32Array;
  /** The sum of the weights of each and of those before it. */
  readonly #sums: Float64Array;

  constructor(shape: EconomyShape, random: Random) {
    this.#random = random;
    this.#durationMs = shape.durationMs;
    const sampled = machinesOf(shape);
    this.#machines = new Uint32Array(sampled);
    this.#sums = new Float64Array(sampled);
    let count = 0;
    let sum = 0;
    let sumOfAll = 0;
    for (const [rank, machine] of shuffled(shape.tenants * MACHINES_PER_TENANT, random).entries()) {
      const weight = 1 / (rank + 1);
      sumOfAll += weight;
      if (machine >= sampled) continue;
      sum += weight;
      this.#machines[count] = machine;
      this.#sums[count] = sum;
      count += 1;
    }
    this.#betweenMs = (1_000 / shape.readsPerSecond) * (sumOfAll / sum);
  }

  next(): boolean {
    this.atMs -= Math.log(1 - this.#random.next()) * this.#betweenMs;
    if (this.atMs >= this.#durationMs) return false;
    this.machine = this.#machines[this.#any()] ?? 0;
    this.replica = this.#random.below(REPLICAS);
    return true;
  }

  #any(): number {
    const sums = this.#sums;
    const wanted = this.#random.next() * (sums.at(-1) ?? 0);
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] ?? 0) <= wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The reads of two streams. */
class BothReads implements ReadStream {
  atMs = 0;
  machine = 0;
  replica = 0;
  readonly #one: ReadStream;
  readonly #other: ReadStream;
  #oneLeft: boolean;
  #otherLeft: boolean;

  constructor(one: ReadStream, other: ReadStream) {
    this.#one = one;
    this.#other = other;
    this.#oneLeft = one.next();
    this.#otherLeft = other.next();
  }

  next(): boolean {
    const isOne = this.#oneLeft && (!this.#otherLeft || this.#one.atMs <= this.#other.atMs);
    if (!isOne && !this.#otherLeft) return false;
    const { atMs, machine, replica } = isOne ? this.#one : this.#other;
    this.atMs = atMs;
    this.machine = machine;
    this.replica = replica;
    if (isOne) this.#oneLeft = this.#one.next();
    else this.#otherLeft = this.#other.next();
    return true;
  }
}

function shuffled(count: number, random: Random): Uint32Array {
  const all = Uint32Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    [all[index], all[other]] = [all[other] ?? 0, all[index] ?? 0];
  }
  return all;
}
