import type { Random } from "@cloudlink/measure";

/** A fault that meets one request, as the sandbox's controls take it (its README, "Faults"). */
export interface PlannedFault {
  readonly when?: "before" | "after";
  readonly fault: { readonly kind: string; readonly [setting: string]: unknown };
}

/** A fault, and whether somebody who was met by it can know what became of the request. */
interface FaultSort {
  readonly weight: number;
  /**
   * `false` where the connection is gone, or 5xx was said, before a line of the answer told what became of it: to the caller the request
   * may have been carried out or not. Everything else says: a refusal, a throttle, a 2xx of which the rest is lost.
   */
  readonly tells: boolean;
  readonly planned: PlannedFault;
}

const sorts: readonly FaultSort[] = [
  // Done, and the caller is not told.
  { weight: 4, tells: false, planned: { fault: { kind: "answerLost", how: "cut" } } },
  // Half a head: Node's HTTP client has no status before the head is whole, so nobody above it can know.
  { weight: 2, tells: false, planned: { fault: { kind: "answerLost", how: "cutAfterStatus" } } },
  { weight: 3, tells: true, planned: { fault: { kind: "answerLost", how: "cutAfterHeaders" } } },
  { weight: 4, tells: false, planned: { fault: { kind: "answerLost", how: "serverError" } } },
  { weight: 2, tells: true, planned: { fault: { kind: "truncated" } } },
  { weight: 2, tells: true, planned: { fault: { kind: "brokenXml" } } },
  { weight: 2, tells: true, planned: { when: "after", fault: { kind: "cut" } } },
  { weight: 1, tells: false, planned: { when: "after", fault: { kind: "hang" } } },
  // Not done.
  { weight: 3, tells: false, planned: { when: "before", fault: { kind: "cut" } } },
  { weight: 2, tells: false, planned: { when: "before", fault: { kind: "serverError", status: 500 } } },
  { weight: 2, tells: false, planned: { when: "before", fault: { kind: "serverError", status: 503 } } },
  { weight: 1, tells: false, planned: { when: "before", fault: { kind: "hang" } } },
  { weight: 4, tells: true, planned: { when: "before", fault: { kind: "throttle" } } },
  { weight: 1, tells: true, planned: refusal(400, "RequestExpired") },
  { weight: 1, tells: true, planned: refusal(401, "AuthFailure") },
  { weight: 1, tells: true, planned: refusal(403, "UnauthorizedOperation") },
  { weight: 1, tells: true, planned: refusal(500, "InsufficientInstanceCapacity") },
];

function refusal(status: number, code: string): PlannedFault {
  return { when: "before", fault: { kind: "error", status, code } };
}

/** The faults that meet the requests of a wish: the first request the first of them, and so on; what comes after is answered as it should be. */
export interface FaultPlan {
  readonly answers: readonly FaultSort[];
  /** In milliseconds, of the first request: before it is carried out or before it is answered. */
  readonly latency: { readonly when: "before" | "after"; readonly ms: number } | undefined;
}

/** What is put in place for it: one rule for each request that is met, and one more for a delay. */
export function rulesOf({ answers, latency }: FaultPlan): readonly PlannedFault[] {
  const delay = latency && [{ when: latency.when, fault: { kind: "latency", latencyMs: latency.ms } }];
  return [...answers.map(({ planned }) => planned), ...(delay ?? [])];
}

export function planFaults(random: Random): FaultPlan {
  const count = random.chance(0.25) ? 0 : random.chance(0.75) ? 1 : 2;
  return {
    answers: Array.from({ length: count }, () => chooseSort(random)),
    latency: random.chance(0.35)
      ? { when: random.pick(["before", "after"] as const), ms: 2 + random.below(40) }
      : undefined,
  };
}

const allWeights = sorts.reduce((sum, { weight }) => sum + weight, 0);

function chooseSort(random: Random): FaultSort {
  let left = random.next() * allWeights;
  for (const sort of sorts) {
    left -= sort.weight;
    if (left < 0) return sort;
  }
  return random.pick(sorts);
}
