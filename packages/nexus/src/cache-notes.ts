import type { CacheOutcome, CacheSubject, Telemetry } from "@cloudlink/core";

/** Counts what became of reads at the cache, and tells telemetry. */
export class CacheNotes {
  readonly outcomes: Record<CacheOutcome, number> = {
    hit: 0,
    stale: 0,
    miss: 0,
    collapsed: 0,
    batched: 0,
    refreshed: 0,
  };
  readonly #telemetry: Telemetry;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  note(outcome: CacheOutcome, subject: CacheSubject): void {
    this.outcomes[outcome] += 1;
    this.#telemetry.cache(outcome, subject);
  }
}
