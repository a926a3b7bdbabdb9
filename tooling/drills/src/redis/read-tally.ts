/** What became of the reads of a stretch of time. */
export class ReadTally {
  readonly #failures = new Map<string, number>();
  /** Not on the heap, which is what is measured too. */
  #ownMs = new Float64Array(1_024);
  #count = 0;
  failed = 0;

  /** @param ownMs - what it took beside the vendor's time. */
  ended(ownMs: number, failure: string | undefined): void {
    if (this.#count === this.#ownMs.length) {
      const longer = new Float64Array(this.#count * 2);
      longer.set(this.#ownMs);
      this.#ownMs = longer;
    }
    this.#ownMs[this.#count] = ownMs;
    this.#count += 1;
    if (failure !== undefined) this.fail(failure);
  }

  /** One that is not among those whose time is counted. */
  fail(reason: string): void {
    this.failed += 1;
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  get count(): number {
    return this.#count;
  }

  /** Each reason with how often it came. */
  get failures(): readonly string[] {
    return [...this.#failures].map(([reason, times]) => `${reason} × ${times}`);
  }

  /** @param share - 0.99 for what 99 of a hundred took at the most. */
  percentile(share: number): number {
    const sorted = this.#ownMs.slice(0, this.#count).sort();
    return sorted[Math.min(this.#count - 1, Math.ceil(share * this.#count) - 1)] ?? Number.NaN;
  }
}
