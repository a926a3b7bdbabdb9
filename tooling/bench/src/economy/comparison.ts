import type { Balanced } from "./dashboard-reads.ts";
import type { Shared } from "./kernel-reader.ts";
import type { Policy } from "./simulate.ts";
import type { Workload } from "./workload.ts";

/** One way to answer the reads of a workload beside another, on the same seeds. */
export interface Comparison {
  readonly workload: Workload;
  readonly title: string;
  readonly maxAgeMs: number;
  readonly subject: Policy;
  readonly peer: Policy;
  readonly balanced: Balanced;
  /** Which of the row's figures are of it; none, of what only stands beside them. */
  readonly figures: readonly ("calls" | "stale")[];
  readonly seeds: number;
}

const SEEDS = 10;
/** Of what only stands beside the figures, and of a control, which misses by a multiple. */
const FEW_SEEDS = 3;

const peer: Policy = { by: "ttl", shared: "cache" };

/** What the figures are of, and what stands beside them. */
export function comparisonsOf(workload: Workload, maxAgeMs: number): readonly Comparison[] {
  const subject = (shared: Shared): Policy => ({ by: "kernel", shared, isCached: true, maxAgeMs });
  const common = { workload, maxAgeMs, peer, balanced: "refreshes" } as const;
  const onOneStore = {
    ...common,
    title: "4 kernels, a memory each, over what they share",
    subject: subject("store"),
  } as const;
  const beside = { ...common, figures: [], seeds: FEW_SEEDS } as const;
  const comparisons: Comparison[] = [
    { ...onOneStore, figures: ["calls", "stale"], seeds: SEEDS },
    { ...beside, title: "4 kernels on one memory", subject: subject("cache") },
    { ...beside, title: "one kernel", subject: subject("kernel") },
    { ...beside, title: "a cache each", subject: subject("nothing"), peer: { by: "ttl", shared: "nothing" } },
  ];
  if (workload === "dashboards") {
    const title = "4 kernels over what they share, each read of a refresh through any of them";
    comparisons.push({ ...beside, title, subject: subject("store"), balanced: "reads" });
  }
  return comparisons;
}

/** How many times as old answers are that the control of the stale reads takes. */
const TIMES_AS_OLD = 6;

/**
 * Without a cache there are more calls, and fewer stale reads; with answers that are older it is the other way round. So each figure has a
 * control of its own.
 */
export function controlsOf(workload: Workload, maxAgeMs: number): readonly Comparison[] {
  const common = { workload, peer, balanced: "refreshes", seeds: FEW_SEEDS } as const;
  const kernel = { by: "kernel", shared: "store" } as const;
  const older = TIMES_AS_OLD * maxAgeMs;
  const uncached: Policy = { ...kernel, isCached: false, maxAgeMs };
  const unhurried: Policy = { ...kernel, isCached: true, maxAgeMs: older };
  return [
    { ...common, figures: ["calls"], title: "4 kernels without a cache", maxAgeMs, subject: uncached },
    { ...common, figures: ["stale"], title: "4 kernels over what they share", maxAgeMs: older, subject: unhurried },
  ];
}
