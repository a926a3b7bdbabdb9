import type { RowRequest } from "@cloudlink/measure";
import type { Comparison } from "./comparison.ts";
import type { EconomyShape } from "./shape.ts";
import { type Simulation, simulate } from "./simulate.ts";
import { simulateAll } from "./simulate-all.ts";
import type { Outcome } from "./tally.ts";

/** What came of a comparison with one seed: of the same machines, changes and reads. */
export interface PairedRun {
  readonly subject: Outcome;
  readonly peer: Outcome;
}

/** The most seeds of a test. */
const REDUCED_SEEDS = 2;

/** Runs comparisons, each thing once that is part of several. */
export async function pairedRuns(
  { subjects, size, seed: firstSeed }: RowRequest,
  wanted: { readonly comparisons: readonly Comparison[]; readonly shape: EconomyShape },
): Promise<ReadonlyMap<Comparison, readonly PairedRun[]>> {
  const { comparisons, shape } = wanted;
  const places = new Map<string, number>();
  const simulations: Simulation[] = [];
  const placeOf = (simulation: Simulation) => {
    const key = JSON.stringify(simulation);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, simulations.length);
    return simulations.push(simulation) - 1;
  };
  const pairs = comparisons.map(({ workload, balanced, subject, peer, seeds }) =>
    Array.from({ length: size === "full" ? seeds : REDUCED_SEEDS }, (_, index) => {
      // A run makes three series of choices, of this seed and the two that follow.
      const run = { workload, balanced, shape, seed: firstSeed + 3 * index };
      return { subject: placeOf({ ...run, policy: subject }), peer: placeOf({ ...run, policy: peer }) };
    }),
  );
  const outcomes: Outcome[] = [];
  if (size === "full") outcomes.push(...(await simulateAll(subjects, simulations)));
  else for (const simulation of simulations) outcomes.push(await simulate(subjects, simulation));
  const outcomeAt = (place: number) => outcomes[place] as Outcome;
  return new Map(
    comparisons.map((comparison, index) => [
      comparison,
      (pairs[index] ?? []).map(({ subject, peer }) => ({ subject: outcomeAt(subject), peer: outcomeAt(peer) })),
    ]),
  );
}
