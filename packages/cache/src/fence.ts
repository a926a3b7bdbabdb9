/** An invalidation: whether something that was seen before it is no longer so. */
export type Invalidates<Subject> = (subject: Subject) => boolean;

/** How many invalidations are remembered. A fill during which more came stores nothing: it is too late to tell what of it they concern. */
const MOST_REMEMBERED = 1_024;

/**
 * What keeps a late answer from undoing an invalidation. A fill notes where the fence stands when it begins, before the vendor is asked;
 * what it brings passes if nothing that was invalidated since concerns it.
 */
export class Fence<Subject> {
  /** How many invalidations there have been. */
  #position = 0;
  /** The latest of them, in turn. */
  readonly #recent: Invalidates<Subject>[] = [];

  get position(): number {
    return this.#position;
  }

  add(invalidates: Invalidates<Subject>): void {
    this.#recent[this.#position % MOST_REMEMBERED] = invalidates;
    this.#position += 1;
  }

  /** Whether what a fill brings that began at `since` is still so. */
  passes(since: number, subject: Subject): boolean {
    if (since === this.#position) return true;
    if (this.#position - since > MOST_REMEMBERED) return false;
    for (let index = since; index < this.#position; index += 1) {
      if (this.#recent[index % MOST_REMEMBERED]?.(subject) === true) return false;
    }
    return true;
  }
}
