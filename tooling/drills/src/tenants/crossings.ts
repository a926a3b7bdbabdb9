/** What may cross from one scope to another. */
export type Crossing = "read" | "event" | "flight" | "batch";

/** Counts what was looked at, and what was another scope's. */
export class Crossings {
  readonly #seen = new Map<Crossing, { count: number; wrong: number; first: string }>();
  readonly #failures = new Map<string, number>();

  /** @param tell - says what is wrong, where it is. */
  saw(what: Crossing, isRight: boolean, tell: () => string): void {
    const seen = this.of(what);
    seen.count += 1;
    if (isRight) return;
    seen.wrong += 1;
    if (seen.wrong === 1) seen.first = tell();
  }

  of(what: Crossing): { count: number; wrong: number; first: string } {
    let seen = this.#seen.get(what);
    if (seen === undefined) {
      seen = { count: 0, wrong: 0, first: "" };
      this.#seen.set(what, seen);
    }
    return seen;
  }

  /** A call that failed though nothing was wrong with it. */
  failed(reason: string): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  get failures(): readonly string[] {
    return [...this.#failures].map(([reason, times]) => `${reason} × ${times}`);
  }
}
