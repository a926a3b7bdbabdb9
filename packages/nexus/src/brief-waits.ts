/** A wait that has just begun. */
export interface BriefWait {
  isOver: boolean;
  /** It lasts: from now on it has to end with its call. */
  bind(): void;
}

/** After so many milliseconds, or twice as many, a wait is no longer brief. */
const BRIEF_MS = 5;

/**
 * Waits of which most are over before anybody could leave: for a level of the cache that answers within a millisecond, say. A context that ends, with its
 * timer and its listeners, costs several times what such an answer does. So a wait gets one when it turns out to last: whoever leaves before
 * is rejected these few milliseconds later.
 */
export class BriefWaits {
  #young: BriefWait[] = [];
  #old: BriefWait[] = [];
  #timer: NodeJS.Timeout | undefined;

  add(wait: BriefWait): void {
    this.#young.push(wait);
    // Whoever waits keeps the process, and this timer does not: nothing is left of it when they are gone.
    this.#timer ??= setTimeout(() => this.#tick(), BRIEF_MS).unref();
  }

  #tick(): void {
    const lasting = this.#old;
    this.#old = this.#young.filter(({ isOver }) => !isOver);
    this.#young = [];
    this.#timer = this.#old.length > 0 ? setTimeout(() => this.#tick(), BRIEF_MS).unref() : undefined;
    for (const wait of lasting) if (!wait.isOver) wait.bind();
  }
}
