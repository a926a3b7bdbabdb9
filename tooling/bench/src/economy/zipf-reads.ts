import type { Random } from "@cloudlink/measure";
import type { ReadStream } from "./read-stream.ts";
import { type EconomyShape, MACHINES_PER_TENANT, machinesOf, REPLICAS } from "./shape.ts";

/** How many reads are due of the machines of the sampled tenants. */
export function zipfReadsDue({ tenants, sampledTenants, durationMs, readsPerSecond }: EconomyShape): number {
  return (readsPerSecond * (durationMs / 1_000) * sampledTenants) / tenants;
}

/**
 * Independent reads of all machines: the n-th most popular is read 1/n times as often as the first, and which one that is, chance decides. Each
 * machine's reads come at random, independent of all others', so that those of some are the same with and without the rest.
 */
export class ZipfReads implements ReadStream {
  atMs = 0;
  machine = 0;
  replica = 0;
  readonly #random: Random;
  readonly #durationMs: number;
  readonly #betweenMs: number;
  /** The machines that are read, from the most popular on. */
  readonly #machines: Uint32Array;
  /** The sum of the weights of each and of those before it. */
  readonly #sums: Float64Array;

  constructor(shape: EconomyShape, random: Random) {
    this.#random = random;
    this.#durationMs = shape.durationMs;
    const sampled = machinesOf(shape);
    this.#machines = new Uint32Array(sampled);
    this.#sums = new Float64Array(sampled);
    let count = 0;
    let sum = 0;
    let sumOfAll = 0;
    const fleet = Array.from({ length: shape.tenants * MACHINES_PER_TENANT }, (_, machine) => machine);
    for (const [rank, machine] of random.shuffled(fleet).entries()) {
      const weight = 1 / (rank + 1);
      sumOfAll += weight;
      if (machine >= sampled) continue;
      sum += weight;
      this.#machines[count] = machine;
      this.#sums[count] = sum;
      count += 1;
    }
    this.#betweenMs = (1_000 / shape.readsPerSecond) * (sumOfAll / sum);
  }

  next(): boolean {
    this.atMs -= Math.log(1 - this.#random.next()) * this.#betweenMs;
    if (this.atMs >= this.#durationMs) return false;
    this.machine = this.#machines[this.#any()] ?? 0;
    this.replica = this.#random.below(REPLICAS);
    return true;
  }

  #any(): number {
    const sums = this.#sums;
    const wanted = this.#random.next() * (sums.at(-1) ?? 0);
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] ?? 0) <= wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
