import { isSelected } from "../memory-level.ts";
import type { SeenResource } from "../resource-namespace.ts";
import { type Invalidation, refOf, textOfInvalidation } from "./invalidation.ts";

/** How many invalidations wait at the most to be told. With more, everything is invalidated: that is dear, and true. */
const MOST_WAITING = 1_000;

const everything: Invalidation = { type: "selection", selection: {} };

/**
 * Invalidations that the store has not been told of. They are told as soon as it can be; until then this process takes nothing from the store that
 * one of them concerns.
 */
export class Outbox {
  /** By their text: to be told twice is no better than once. */
  #waiting = new Map<string, Invalidation>();

  get size(): number {
    return this.#waiting.size;
  }

  add(invalidation: Invalidation): void {
    if (this.#waiting.size >= MOST_WAITING) this.#waiting = new Map([[textOfInvalidation(everything), everything]]);
    else this.#waiting.set(textOfInvalidation(invalidation), invalidation);
  }

  /** @returns those that wait, as they are now. */
  list(): readonly Invalidation[] {
    return [...this.#waiting.values()];
  }

  told(invalidation: Invalidation): void {
    this.#waiting.delete(textOfInvalidation(invalidation));
  }

  /** Whether it waits to be told that what was seen is no longer so. */
  concerns(seen: SeenResource): boolean {
    if (this.#waiting.size === 0) return false;
    for (const invalidation of this.#waiting.values()) {
      if (invalidation.type === "change") {
        if (seen.ref?.key === refOf(invalidation)?.key) return true;
      } else if (isSelected(invalidation.selection, seen)) return true;
    }
    return false;
  }
}
