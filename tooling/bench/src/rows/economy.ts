import type { Figure, Row, RowRequest } from "@cloudlink/measure";
import { comparisonsOf, controlsOf } from "../economy/comparison.ts";
import { type EconomyGoals, economyFigures } from "../economy/economy-figures.ts";
import { pairedRuns } from "../economy/paired-runs.ts";
import { type EconomyShape, WHOLE } from "../economy/shape.ts";
import { ONE_TENANT_IN, type Workload, workloads } from "../economy/workload.ts";

/** Row 7: what a cache leaves of the vendor calls where answers may be as old as the peer's. */
export const economy: Row = economyRow({
  row: "speed-7",
  maxAgeMs: 30_000,
  goals: {
    callsPer: "reads",
    calls: { dashboards: { atMost: 0.4 }, zipf: { atMost: 3.5 }, mixed: { atMost: 2.5 } },
    stale: { atMost: 1 },
  },
  sampledTenants: { dashboards: 10, zipf: 100, mixed: 100 },
});

/** Row 8: how much fresher answers may be for no more calls than the peer makes. */
export const freshEconomy: Row = economyRow({
  row: "speed-8",
  maxAgeMs: 5_000,
  goals: {
    callsPer: "peer",
    calls: { dashboards: { atMost: 1 }, zipf: { atMost: 1 }, mixed: { atMost: 1 } },
    stale: { atMost: 0.3 },
  },
  sampledTenants: { dashboards: 10, zipf: 60, mixed: 60 },
});

/** Whose reads a control makes: without a cache each costs a hundred times as much. */
const controlTenants: Sampled = { dashboards: 2, zipf: 20, mixed: 20 };

const reducedShape: EconomyShape = { tenants: 20, sampledTenants: 3, durationMs: 90_000, readsPerSecond: 100 };

function economyRow(of: {
  readonly row: string;
  /** What the kernel is asked for; the peer is what it is whatever one asks for. */
  readonly maxAgeMs: number;
  readonly goals: EconomyGoals;
  /** Whose reads are made unless `--size` says how many: as many as some minutes allow. */
  readonly sampledTenants: Sampled;
}): Row {
  const { row, maxAgeMs, goals } = of;
  return {
    row,
    group: "economy",
    async measure(request) {
      const { control, seed } = request;
      const wanted = control ? controlsOf : comparisonsOf;
      const sampled = control ? controlTenants : of.sampledTenants;
      const figures: Figure[] = [];
      for (const workload of workloads) {
        const shape = shapeOf(request, sampled[workload]);
        const paired = await pairedRuns(request, { comparisons: wanted(workload, maxAgeMs), shape });
        for (const [comparison, runs] of paired) {
          figures.push(...economyFigures(comparison, { row, goals, shape, seed, runs }));
        }
      }
      return figures;
    },
  };
}

/** How many tenants are given to a workload, where all 1,000 would take too long; those of dashboards are all alike. */
type Sampled = Readonly<Record<Workload, number>>;

function shapeOf({ size, count }: RowRequest, sampledTenants: number): EconomyShape {
  if (size === "reduced") return reducedShape;
  // In whole twenties, of which one has dashboards in the mixed workload.
  const asked = count === undefined ? sampledTenants : Math.ceil(count / ONE_TENANT_IN) * ONE_TENANT_IN;
  return { ...WHOLE, sampledTenants: asked };
}
