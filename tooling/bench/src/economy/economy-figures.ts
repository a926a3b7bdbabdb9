import type { Figure, Goal } from "@cloudlink/measure";
import type { Comparison } from "./comparison.ts";
import type { PairedRun } from "./paired-runs.ts";
import { type Pair, type RatioEstimate, ratioEstimate } from "./ratio-estimate.ts";
import type { EconomyShape } from "./shape.ts";
import { readsDue, type Workload } from "./workload.ts";

/** What a row of the economy workload is to reach. */
export interface EconomyGoals {
  /** Vendor calls as a share of the reads, in percent, or of the peer's. */
  readonly callsPer: "reads" | "peer";
  readonly calls: Readonly<Record<Workload, Goal>>;
  /** Stale reads ÷ the peer's. */
  readonly stale: Goal;
}

/**
 * The figures of a comparison. Stale reads are counted, and compared by how many are due by the answers' ages: of both policies what they
 * answer does not depend on when the changes come, and with a seed it is a few changes of the most popular machines that decide how many
 * reads are stale.
 */
export function economyFigures(
  { workload, title, maxAgeMs, figures }: Comparison,
  of: {
    readonly row: string;
    readonly goals: EconomyGoals;
    readonly shape: EconomyShape;
    readonly seed: number;
    readonly runs: readonly PairedRun[];
  },
): readonly Figure[] {
  const { row, goals, shape, seed, runs } = of;
  const estimate = (pairOf: (run: PairedRun) => Pair) => ratioEstimate(runs.map(pairOf));
  const due = readsDue(workload, shape) / 100;
  const share = estimate(({ subject }) => ({ count: subject.vendorCalls, per: due }));
  const peerShare = estimate(({ peer }) => ({ count: peer.vendorCalls, per: due }));
  const ratio = estimate(({ subject, peer }) => ({ count: subject.vendorCalls, per: peer.vendorCalls }));
  const stale = estimate(({ subject, peer }) => ({ count: subject.staleReadsDue, per: peer.staleReadsDue }));
  const counted = estimate(({ subject, peer }) => ({ count: subject.staleReads, per: peer.staleReads }));

  const what = `maxAgeMs ${maxAgeMs}, ${title}`;
  const common = { row, n: runs.reduce((sum, { subject }) => sum + subject.reads, 0), seed };
  const shares = `${share.value.toFixed(2)} % of the reads against ${peerShare.value.toFixed(2)} %`;
  const perReads = goals.callsPer === "reads";
  const calls = perReads ? share : ratio;
  const callsFigure: Figure = {
    ...common,
    name: `${workload}: vendor calls${perReads ? ", % of reads" : " ÷ those of TTL 30 s"}; ${what}`,
    value: calls.value,
    unit: perReads ? "%" : "x",
    spread: calls.spread,
    note: `${intervalOf(calls)}; ${shares} by TTL 30 s; ${sampleOf(shape, runs.length)}`,
  };
  const staleNote = `${intervalOf(stale)}; as counted ${counted.value.toFixed(3)}, ${intervalOf(counted)}`;
  if (figures.length === 0) {
    return [{ ...callsFigure, note: `${callsFigure.note}; stale ÷ its: ${stale.value.toFixed(3)}, ${staleNote}` }];
  }
  const staleFigure: Figure = {
    ...common,
    name: `${workload}: stale reads ÷ those of TTL 30 s; ${what}`,
    value: stale.value,
    unit: "x",
    goal: goals.stale,
    spread: stale.spread,
    note: staleNote,
  };
  return figures.map((each) => (each === "calls" ? { ...callsFigure, goal: goals.calls[workload] } : staleFigure));
}

function intervalOf({ from, to }: RatioEstimate): string {
  return `95 % within ${from.toFixed(3)} – ${to.toFixed(3)}`;
}

function sampleOf({ tenants, sampledTenants }: EconomyShape, seeds: number): string {
  if (sampledTenants === tenants) return `${seeds} seeds`;
  return `${seeds} seeds, in each another ${sampledTenants} of the ${tenants} tenants`;
}
