import type { Feature } from "./feature.ts";
import type { Trial } from "./trial.ts";

/** One promise of the contract, and how it is checked. */
export interface ConformanceCase {
  /** Never changes and is never used again for another promise: harnesses and reports name cases by it. */
  readonly id: string;
  /** What holds, as a sentence: the name of the test. */
  readonly promise: string;
  /** What it cannot be checked without. */
  readonly needs: readonly Feature[];
  /** @throws AssertionError where the promise is broken. */
  run(trial: Trial): Promise<void>;
}
