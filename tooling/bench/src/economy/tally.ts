import type { Fleet } from "./fleet.ts";

/** What came of a run. */
export interface Outcome {
  readonly reads: number;
  /** By the vendor's count. */
  readonly vendorCalls: number;
  /** Answers whose state was not the vendor's at the moment they were given. */
  readonly staleReads: number;
}

/** Counts the answers of a run, and holds them against the truth. */
export class Tally {
  reads = 0;
  answers = 0;
  staleReads = 0;
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** Whether somebody still waits for an answer. */
  get isOpen(): boolean {
    return this.answers < this.reads;
  }

  answered(machine: number, answer: { readonly isRunning: boolean; readonly atMs: number }): void {
    this.answers += 1;
    if (answer.isRunning !== this.#fleet.isRunning(machine, answer.atMs)) this.staleReads += 1;
  }
}
