import { isSelected } from "../memory-level.ts";
import type { SeenResource } from "../resource-namespace.ts";
import type { Invalidation } from "./invalidation.ts";
import type { LoggedInvalidation, StoreLog } from "./shared-store.ts";

/** How many are remembered, as in the store. What was fetched before the oldest of them is not taken any more. */
export const MOST_LOGGED = 1_024;

/** A part of the log that this process lives through without being told of everything. */
interface Gap {
  /** Invalidations that it knew of, whose place in the log that comes next nobody knows. */
  readonly known: readonly Invalidation[];
  /** Words of the subscription that is being made: they may come before the log does. */
  readonly words: LoggedInvalidation[];
}

const everything: Invalidation = { type: "selection", selection: {} };

/**
 * What this process knows of the log of invalidations of more than one resource. What is stored is not searched when such a one comes: what it
 * concerns is found out when it is read, by the place in the log that it was fetched at.
 *
 * Places of two logs do not compare. After a failover the next may be another, which begins lower: of what was known before the words were lost,
 * nothing counts once it is loaded.
 */
export class InvalidationLog {
  /** Of the last that was heard of. */
  position = 0;
  #entries: LoggedInvalidation[] = [];
  /** This process's own, of which no word has come yet. */
  #unheard: Omit<LoggedInvalidation, "previous">[] = [];
  /** From when words are lost until the log is loaded. */
  #gap: Gap | undefined = { known: [], words: [] };

  /** Words may be lost from now on, or those of another attempt to listen were. */
  lost(): void {
    const own = this.#unheard.map(({ invalidation }) => invalidation);
    const words = this.#gap?.words.map(({ invalidation }) => invalidation) ?? [];
    const known = [...(this.#gap?.known ?? []), ...own, ...words];
    // They are in the log that is loaded next, if that is the same.
    this.#unheard = [];
    this.#gap = { known: known.length > MOST_LOGGED ? [everything] : known, words: [] };
  }

  /** The log as it was at some moment after words were last lost. */
  load({ position, entries }: StoreLog): void {
    // Word may come before the log does that was asked for before it was said.
    const words = this.#gap?.words ?? [];
    this.#gap = undefined;
    this.#entries = entries.slice(-MOST_LOGGED);
    this.position = position;
    for (const entry of words) this.add(entry);
    this.#dropHeard();
  }

  /** @returns whether nothing is missing between it and the one before, as far as one can tell. */
  add(entry: LoggedInvalidation): boolean {
    if (this.#gap !== undefined) {
      this.#gap.words.push(entry);
      if (this.#gap.words.length > MOST_LOGGED) this.#gap.words.shift();
      return true;
    }
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
    // In a gap it may be in a log whose places are lower.
    if (this.#gap === undefined && position <= this.position) return;
    this.#unheard.push({ position, invalidation });
    if (this.#unheard.length > MOST_LOGGED) {
      const last = Math.max(...this.#unheard.map((own) => own.position));
      this.#unheard = [{ position: last, invalidation: everything }];
    }
  }

  #dropHeard(): void {
    if (this.#unheard.length === 0) return;
    this.#unheard = this.#unheard.filter(({ position }) => position > this.position);
  }

  /** Whether nothing of the log that came after `since` concerns it, as far as one can tell. */
  passes(since: number, seen: SeenResource): boolean {
    const concerns = (invalidation: Invalidation) =>
      invalidation.type !== "selection" || isSelected(invalidation.selection, seen);
    const outdates = ({ position, invalidation }: Omit<LoggedInvalidation, "previous">) =>
      position > since && concerns(invalidation);
    if (this.#gap !== undefined) {
      const { known, words } = this.#gap;
      const told = [...this.#unheard, ...words].map(({ invalidation }) => invalidation);
      if ([...known, ...told].some(concerns)) return false;
    } else if (this.#unheard.some(outdates)) return false;
    if (since >= this.position) return true;
    const [first] = this.#entries;
    if (first === undefined || since < first.previous) return false;
    return !this.#entries.some(outdates);
  }
}
