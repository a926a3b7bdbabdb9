import type { Fleet } from "./fleet.ts";
import { BETWEEN_CHANGES_MS } from "./shape.ts";

/** What came of a run. */
export interface Outcome {
  readonly reads: number;
  /** By the vendor's count. */
  readonly vendorCalls: number;
  /** Answers whose state was not the vendor's at the moment they were given. */
  readonly staleReads: number;
  /** How many of those are due by the answers' ages alone, whenever the changes come. */
  readonly staleReadsDue: number;
}

/** Counts the answers of a run, and holds them against the truth. */
export class Tally {
  reads = 0;
  answers = 0;
  staleReads = 0;
  staleReadsDue = 0;
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** Whether somebody still waits for an answer. */
  get isOpen(): boolean {
    return this.answers < this.reads;
  }

  answered(
    machine: number,
    { isRunning, seenAt, atMs }: { readonly isRunning: boolean; readonly seenAt: number; readonly atMs: number },
  ): void {
    this.answers += 1;
    if (isRunning !== this.#fleet.isRunning(machine, atMs)) this.staleReads += 1;
    // Of a machine that goes to and fro: an odd number of changes since. What is answered does not depend on when changes come.
    this.staleReadsDue += -Math.expm1((-2 * (atMs - seenAt)) / BETWEEN_CHANGES_MS) / 2;
  }
}
