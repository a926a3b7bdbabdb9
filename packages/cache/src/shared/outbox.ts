import { isSelected } from "../memory-level.ts";
import type { SeenResource } from "../resource-namespace.ts";
import { type Invalidation, refOf, textOfInvalidation } from "./invalidation.ts";

/** How many invalidations wait at the most to be told. With more, everything is invalidated: that is dear, and true. */
const MOST_WAITING = 1_000;

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

  /** @returns what waits in its place: itself, or one that it is a part of. */
  add(invalidation: Invalidation): Invalidation {
    if (this.#waiting.size < MOST_WAITING) {
      this.#waiting.set(textOfInvalidation(invalidation), invalidation);
      return invalidation;
    }
    const everything: Invalidation = { type: "selection", selection: {} };
    this.#waiting = new Map([[textOfInvalidation(everything), everything]]);
    return everything;
  }

  /** @returns those that wait, as they are now. */
  list(): readonly Invalidation[] {
    return [...this.#waiting.values()];
  }

  /** It goes behind the others: one that is never taken, since its key is not CloudLink's, say, does not keep them. */
  refused(invalidation: Invalidation): void {
    const text = textOfInvalidation(invalidation);
    if (this.#waiting.get(text) !== invalidation) return;
    this.#waiting.delete(text);
    this.#waiting.set(text, invalidation);
  }

  told(invalidation: Invalidation): void {
    const text = textOfInvalidation(invalidation);
    // The same may have been invalidated once more since, and that has still to be told.
    if (this.#waiting.get(text) === invalidation) this.#waiting.delete(text);
  }

  /** Whether it waits to be told that what was seen is no longer so. */
  concerns(seen: SeenResource): boolean {
    if (this.#waiting.size === 0) return false;
    for (const invalidation of this.#waiting.values()) {
      if (invalidation.type === "selection") {
        if (isSelected(invalidation.selection, seen)) return true;
      } else if (seen.ref?.key === refOf(invalidation)?.key) return true;
    }
    return false;
  }
}
