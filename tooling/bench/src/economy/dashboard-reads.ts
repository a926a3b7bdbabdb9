import type { Random } from "@cloudlink/measure";
import type { ReadStream } from "./read-stream.ts";
import { type EconomyShape, MACHINES_PER_TENANT, REPLICAS } from "./shape.ts";

/** A dashboard's refresh comes through one replica, as over one connection; or each of its reads through any. */
export type Balanced = "refreshes" | "reads";

const DASHBOARDS_PER_TENANT = 5;
const PERIOD_MS = 5_000;
/** A dashboard's reads come within that time. */
const WITHIN_MS = 20;

/** How many reads a tenant's dashboards make. */
export function dashboardReadsDue({ durationMs }: EconomyShape): number {
  return DASHBOARDS_PER_TENANT * MACHINES_PER_TENANT * (durationMs / PERIOD_MS);
}

/** Each dashboard reads all machines of its tenant once in a period, at an instant of the period that is its own. */
export class DashboardReads implements ReadStream {
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
