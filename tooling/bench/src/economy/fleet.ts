import type { Random } from "@cloudlink/measure";
import { BETWEEN_CHANGES_MS } from "./shape.ts";

/** The machines as they are in truth: each runs or is stopped, and changes from the one to the other at instants of its own. */
export class Fleet {
  /** The instants of all changes, machine by machine, each machine's in order. */
  readonly #changes: Float64Array;
  /** Where each machine's changes begin; one more, where the last one's end. */
  readonly #starts: Uint32Array;

  constructor(size: { readonly machines: number; readonly durationMs: number }, random: Random) {
    const changes: number[] = [];
    this.#starts = new Uint32Array(size.machines + 1);
    for (let machine = 0; machine < size.machines; machine += 1) {
      this.#starts[machine] = changes.length;
      for (let at = pauseFrom(random); at < size.durationMs; at += pauseFrom(random)) changes.push(at);
    }
    this.#starts[size.machines] = changes.length;
    this.#changes = Float64Array.from(changes);
  }

  isRunning(machine: number, atMs: number): boolean {
    const end = this.#starts[machine + 1] ?? 0;
    let isRunning = true;
    for (let index = this.#starts[machine] ?? 0; index < end; index += 1) {
      if ((this.#changes[index] ?? 0) > atMs) break;
      isRunning = !isRunning;
    }
    return isRunning;
  }
}

function pauseFrom(random: Random): number {
  return -Math.log(1 - random.next()) * BETWEEN_CHANGES_MS;
}
