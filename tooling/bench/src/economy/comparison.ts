import type { Shared } from "./kernel-reader.ts";
import type { Policy } from "./simulate.ts";
import type { Balanced, Workload } from "./workload.ts";

/** One way to answer the reads of a workload beside another, on the same seeds. */
export interface Comparison {
  readonly workload: Workload;
  readonly title: string;
  readonly maxAgeMs: number;
  readonly subject: Policy;
  readonly peer: Policy;
  readonly balanced: Balanced;
  /** Which figures with a goal are of it. */
  readonly figures: readonly ("calls" | "stale")[];
  /** Whether it has no goal, and only stands beside. */
  readonly isBeside: boolean;
}

/** What the figures are of, and what stands beside them. */
export function comparisonsOf(workload: Workload, maxAgeMs: number): readonly Comparison[] {
  const kernel = (shared: Shared): Policy => ({ by: "kernel", shared, isCached: true, maxAgeMs });
  const figures = {
    workload,
    maxAgeMs,
    peer,
    balanced: "refreshes",
    figures: ["calls", "stale"],
    isBeside: false,
  } as const;
  const beside = { ...figures, figures: [], isBeside: true } as const;
  return [
    { ...figures, title: "4 kernels on one cache", subject: kernel("cache") },
    { ...beside, title: "flights shared too (one kernel)", subject: kernel("kernel") },
    {
      ...beside,
      title: "a cache each, as the peer",
      subject: kernel("nothing"),
      peer: { by: "ttl", shared: "nothing" },
    },
    ...(workload === "dashboards"
      ? [
          {
            ...beside,
            title: "4 kernels on one cache, each read through any",
            subject: kernel("cache"),
            balanced: "reads",
          } as const,
        ]
      : []),
  ];
}

const peer: Policy = { by: "ttl", shared: "cache" };

/** How many times as old answers are that the control of the stale reads takes. */
const TIMES_AS_OLD = 6;

/** Without a cache there are more calls, and fewer stale reads; with answers that are older it is the other way round. So each figure has a control of its own. */
export function controlsOf(workload: Workload, maxAgeMs: number): readonly Comparison[] {
  const common = { workload, peer, balanced: "refreshes", isBeside: false } as const;
  const kernel = { by: "kernel", shared: "cache" } as const;
  const older = TIMES_AS_OLD * maxAgeMs;
  return [
    { ...common, figures: ["calls"], title: "no cache", maxAgeMs, subject: { ...kernel, isCached: false, maxAgeMs } },
    {
      ...common,
      figures: ["stale"],
      title: "one cache",
      maxAgeMs: older,
      subject: { ...kernel, isCached: true, maxAgeMs: older },
    },
  ];
}
