import type { Figure, Goal, Row, RowRequest } from "@cloudlink/measure";
import { type Comparison, comparisonsOf, controlsOf } from "../economy/comparison.ts";
import { type Pair, type RatioEstimate, ratioEstimate } from "../economy/ratio-estimate.ts";
import { type EconomyShape, WHOLE } from "../economy/shape.ts";
import { type Simulation, simulate } from "../economy/simulate.ts";
import { simulateAll } from "../economy/simulate-all.ts";
import type { Outcome } from "../economy/tally.ts";
import { readsDue, type Workload, workloads } from "../economy/workload.ts";

/** A row of the economy workload, and what it is to reach. */
interface EconomyGoals {
  readonly row: string;
  /** What the kernel is asked for; its peer is what it is whatever one asks for. */
  readonly maxAgeMs: number;
  /** Vendor calls as a share of the reads, in percent, or of the peer's. */
  readonly callsPer: "reads" | "peer";
  readonly calls: Readonly<Record<Workload, Goal>>;
  /** Stale reads ÷ the peer's. */
  readonly stale: Goal;
  /** Whose reads are made unless `--size` says how many: as many as some minutes allow. */
  readonly sampledTenants: number;
}

const SEEDS = 10;
/** Of what only stands beside the figures, and of a control, which misses by a multiple. */
const FEW_SEEDS = 3;
const CONTROL_TENANTS = 20;

const reducedShape: EconomyShape = { tenants: 20, sampledTenants: 5, durationMs: 300_000, readsPerSecond: 200 };

/** Row 7: what a cache leaves of the vendor calls where answers may be as old as the peer's. */
export const economy: Row = economyRow({
  row: "speed-7",
  maxAgeMs: 30_000,
  callsPer: "reads",
  calls: { dashboards: { atMost: 0.4 }, zipf: { atMost: 3.5 }, mixed: { atMost: 2.5 } },
  stale: { atMost: 1 },
  sampledTenants: 200,
});

/** Row 8: how much fresher answers may be for no more calls than the peer makes. */
export const freshEconomy: Row = economyRow({
  row: "speed-8",
  maxAgeMs: 5_000,
  callsPer: "peer",
  calls: { dashboards: { atMost: 1 }, zipf: { atMost: 1 }, mixed: { atMost: 1 } },
  stale: { atMost: 0.3 },
  sampledTenants: 40,
});

function economyRow(goals: EconomyGoals): Row {
  return {
    row: goals.row,
    group: "economy",
    async measure(request) {
      const shape = shapeOf(goals, request);
      const comparisons = workloads.flatMap((workload) =>
        (request.control ? controlsOf : comparisonsOf)(workload, goals.maxAgeMs),
      );
      const outcomes = await outcomesOf(request, [
        ...new Map(
          comparisons.flatMap((comparison) =>
            simulationsOf(comparison, { request, shape }).flatMap(({ subject, peer }) =>
              [subject, peer].map((simulation) => [JSON.stringify(simulation), simulation] as const),
            ),
          ),
        ).values(),
      ]);
      return comparisons.flatMap((comparison) => figuresOf(comparison, { goals, request, shape, outcomes }));
    },
  };
}

function shapeOf({ sampledTenants }: EconomyGoals, { size, control, count }: RowRequest): EconomyShape {
  if (size === "reduced") return reducedShape;
  return { ...WHOLE, sampledTenants: count ?? (control ? CONTROL_TENANTS : sampledTenants) };
}

/** The runs of a comparison, a pair per seed: of the same machines, changes and reads. */
function simulationsOf(
  { workload, subject, peer, balanced, isBeside }: Comparison,
  { request, shape }: { readonly request: RowRequest; readonly shape: EconomyShape },
): readonly { readonly subject: Simulation; readonly peer: Simulation }[] {
  const seeds = isBeside || request.control ? FEW_SEEDS : SEEDS;
  return Array.from({ length: request.size === "full" ? seeds : 2 }, (_, index) => {
    // A run makes three series of choices, of this seed and the two that follow.
    const run = { workload, balanced, shape, seed: request.seed + 3 * index };
    return { subject: { ...run, policy: subject }, peer: { ...run, policy: peer } };
  });
}

async function outcomesOf(
  { subjects, size }: RowRequest,
  simulations: readonly Simulation[],
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes: Outcome[] = [];
  if (size === "full") outcomes.push(...(await simulateAll(subjects, simulations)));
  else for (const simulation of simulations) outcomes.push(await simulate(subjects, simulation));
  return new Map(simulations.map((simulation, index) => [JSON.stringify(simulation), outcomes[index] as Outcome]));
}

function figuresOf(
  comparison: Comparison,
  of: {
    readonly goals: EconomyGoals;
    readonly request: RowRequest;
    readonly shape: EconomyShape;
    readonly outcomes: ReadonlyMap<string, Outcome>;
  },
): readonly Figure[] {
  const { goals, request, shape, outcomes } = of;
  const { workload, title, isBeside } = comparison;
  const outcome = (simulation: Simulation) => outcomes.get(JSON.stringify(simulation)) as Outcome;
  const runs = simulationsOf(comparison, of).map((pair) => ({
    subject: outcome(pair.subject),
    peer: outcome(pair.peer),
  }));
  const due = readsDue(workload, shape) / 100;
  const estimate = (pairOf: (run: { readonly subject: Outcome; readonly peer: Outcome }) => Pair) =>
    ratioEstimate(runs.map(pairOf));
  const callsShare = estimate(({ subject }) => ({ count: subject.vendorCalls, per: due }));
  const peerShare = estimate(({ peer }) => ({ count: peer.vendorCalls, per: due }));
  const callsRatio = estimate(({ subject, peer }) => ({ count: subject.vendorCalls, per: peer.vendorCalls }));
  const staleRatio = estimate(({ subject, peer }) => ({ count: subject.staleReads, per: peer.staleReads }));

  const calls = goals.callsPer === "reads" ? callsShare : callsRatio;
  const common = { row: goals.row, n: runs.reduce((sum, { subject }) => sum + subject.reads, 0), seed: request.seed };
  const shares = `${callsShare.value.toFixed(2)} % of the reads against ${peerShare.value.toFixed(2)} % by TTL 30 s`;
  const what = `maxAgeMs ${comparison.maxAgeMs}, ${title}`;
  const callsFigure: Figure = {
    ...common,
    name: `${workload}: vendor calls${goals.callsPer === "reads" ? ", % of reads" : " ÷ those of TTL 30 s"}: ${what}`,
    value: calls.value,
    unit: goals.callsPer === "reads" ? "%" : "x",
    spread: calls.spread,
    note: `${intervalOf(calls)}; ${shares}; ${sampleOf(shape, runs.length)}`,
  };
  if (isBeside) {
    const beside = `stale reads ÷ its: ${staleRatio.value.toFixed(2)}, ${intervalOf(staleRatio)}`;
    return [{ ...callsFigure, note: `${callsFigure.note}; ${beside}` }];
  }
  const staleFigure: Figure = {
    ...common,
    name: `${workload}: stale reads ÷ those of TTL 30 s: ${what}`,
    value: staleRatio.value,
    unit: "x",
    goal: goals.stale,
    spread: staleRatio.spread,
    note: intervalOf(staleRatio),
  };
  return [
    ...(comparison.figures.includes("calls") ? [{ ...callsFigure, goal: goals.calls[workload] }] : []),
    ...(comparison.figures.includes("stale") ? [staleFigure] : []),
  ];
}

function intervalOf({ from, to }: RatioEstimate): string {
  return `95 % within ${from.toFixed(3)} – ${to.toFixed(3)}`;
}

function sampleOf({ tenants, sampledTenants }: EconomyShape, seeds: number): string {
  return sampledTenants === tenants
    ? `${seeds} seeds`
    : `${seeds} seeds, of each ${sampledTenants} of the ${tenants} tenants`;
}
