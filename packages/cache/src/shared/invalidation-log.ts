import { isSelected } from "../memory-level.ts";
import type { SeenResource } from "../resource-namespace.ts";
import type { LoggedInvalidation, StoreLog } from "./shared-store.ts";

/** How many are remembered, as in the store. What was fetched before the oldest of them is not taken any more. */
export const MOST_LOGGED = 1_024;

/**
 * What this process knows of the log of invalidations of more than one resource. What is stored is not searched when such a one comes: what it
 * concerns is found out when it is read, by the place in the log that it was fetched at.
 */
export class InvalidationLog {
  /** Of the last that was heard of. */
  position = 0;
  #entries: LoggedInvalidation[] = [];

  load({ position, entries }: StoreLog): void {
    this.position = position;
    this.#entries = entries.slice(-MOST_LOGGED);
  }

  /** @returns whether nothing is missing between it and the one before. */
  add(entry: LoggedInvalidation): boolean {
    // It was loaded with the log already.
    if (entry.position <= this.position) return true;
    const isNext = entry.previous === this.position;
    this.position = entry.position;
    this.#entries.push(entry);
    if (this.#entries.length > MOST_LOGGED) this.#entries.shift();
    return isNext;
  }

  /** Whether nothing of the log that came after `since` concerns it, as far as one can tell. */
  passes(since: number, seen: SeenResource): boolean {
    if (since >= this.position) return true;
    const [first] = this.#entries;
    if (first === undefined || since < first.previous) return false;
    return !this.#entries.some(
      ({ position, invalidation }) =>
        position > since && (invalidation.type === "change" || isSelected(invalidation.selection, seen)),
    );
  }
}
