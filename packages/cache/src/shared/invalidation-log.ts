import { isSelected } from "../memory-level.ts";
import type { SeenResource } from "../resource-namespace.ts";
import type { Invalidation } from "./invalidation.ts";
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
  /** This process's own, of which no word has come yet. */
  #unheard: Omit<LoggedInvalidation, "previous">[] = [];

  load({ position, entries }: StoreLog): void {
    // Word may come before the log does that was asked for before it was said.
    const heard = this.#entries.filter((entry) => entry.position > position);
    this.#entries = entries.slice(-MOST_LOGGED);
    this.position = position;
    for (const entry of heard) this.add(entry);
    this.#dropHeard();
  }

  /** @returns whether nothing is missing between it and the one before. */
  add(entry: LoggedInvalidation): boolean {
    // It was loaded with the log already.
    if (entry.position <= this.position) return true;
    const isNext = entry.previous === this.position;
    this.position = entry.position;
    // Nobody knows what the missing one was about: what was fetched before it is not to be taken.
    if (!isNext) this.#entries = [];
    this.#entries.push(entry);
    if (this.#entries.length > MOST_LOGGED) this.#entries.shift();
    this.#dropHeard();
    return isNext;
  }

  /** One of this process's own is in the log now, whether or not word of it has come. */
  told(position: number, invalidation: Invalidation): void {
    if (position <= this.position) return;
    this.#unheard.push({ position, invalidation });
    if (this.#unheard.length > MOST_LOGGED) {
      const last = Math.max(...this.#unheard.map((own) => own.position));
      this.#unheard = [{ position: last, invalidation: { type: "selection", selection: {} } }];
    }
  }

  #dropHeard(): void {
    if (this.#unheard.length === 0) return;
    this.#unheard = this.#unheard.filter(({ position }) => position > this.position);
  }

  /** Whether nothing of the log that came after `since` concerns it, as far as one can tell. */
  passes(since: number, seen: SeenResource): boolean {
    const outdates = ({ position, invalidation }: Omit<LoggedInvalidation, "previous">) =>
      position > since && (invalidation.type !== "selection" || isSelected(invalidation.selection, seen));
    if (this.#unheard.some(outdates)) return false;
    if (since >= this.position) return true;
    const [first] = this.#entries;
    if (first === undefined || since < first.previous) return false;
    return !this.#entries.some(outdates);
  }
}
