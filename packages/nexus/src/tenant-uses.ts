/** After how long, in milliseconds, a use counts half: long enough to tell who is busy from who came twice in a row. */
const HALF_LIFE_MS = 10_000;

/** By how much more than the mean of all a tenant has to use to be busier than others: two that use the same are not to alternate in it. */
const MORE_THAN_MEAN = 1.5;

/** And more than this part of what the busiest one uses: many who hardly ask make nobody else busy. */
const PART_OF_MOST = 0.5;

/** Who used how much of a limit lately. */
export class TenantUses {
  readonly #uses = new Map<string, number>();
  #total = 0;
  #most = 0;
  #halvedAt: number;

  constructor(nowMs: number) {
    this.#halvedAt = nowMs;
  }

  used(tenant: string, nowMs: number): void {
    if (nowMs - this.#halvedAt >= HALF_LIFE_MS) this.#halve(nowMs);
    const uses = (this.#uses.get(tenant) ?? 0) + 1;
    this.#uses.set(tenant, uses);
    this.#total += 1;
    this.#most = Math.max(this.#most, uses);
  }

  /** Whether it used much more than others did. Where there are no others, nobody does. */
  isBusy(tenant: string): boolean {
    const { size } = this.#uses;
    const uses = this.#uses.get(tenant) ?? 0;
    return size > 1 && uses > this.#most * PART_OF_MOST && uses * size > MORE_THAN_MEAN * this.#total;
  }

  #halve(nowMs: number): void {
    const share = 0.5 ** Math.floor((nowMs - this.#halvedAt) / HALF_LIFE_MS);
    this.#halvedAt = nowMs;
    this.#total = 0;
    this.#most *= share;
    for (const [tenant, uses] of this.#uses) {
      const left = uses * share;
      if (left < 1) this.#uses.delete(tenant);
      else this.#uses.set(tenant, left);
      if (left >= 1) this.#total += left;
    }
  }
}
