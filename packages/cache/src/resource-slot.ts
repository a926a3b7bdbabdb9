import type { CacheRead, Ref } from "@cloudlink/core";
import { Kept } from "./memory-budget.ts";
import { EVERY_VIEW, LONG_AGO, type ResourceEntry } from "./resource-entry.ts";

/** What a slot and its places in maps take beside the values. */
export const SLOT_BYTES = 400;

/** See {@link ResourceSlot.known}. */
export interface KnownPosition {
  readonly position: number;
  readonly learnedAt: number;
}

/** Everything that is kept of one resource: as a rule one entry, and more where a narrow view is younger than a wide one. */
export class ResourceSlot extends Kept {
  readonly ref: Ref;
  /** Whether it stands among those that batches may take along. */
  isCandidate = false;
  /** How far the invalidations of the resource had come in a store that processes share, and when that was learned, on the monotonic clock. */
  known: KnownPosition | undefined;
  #entries: readonly ResourceEntry[] = [];
  #readWhenHandCame = LONG_AGO;
  readonly #forget: (slot: ResourceSlot) => void;

  constructor(ref: Ref, forget: (slot: ResourceSlot) => void) {
    super();
    this.ref = ref;
    this.#forget = forget;
  }

  /** From the youngest and narrowest to the oldest and widest. */
  get entries(): readonly ResourceEntry[] {
    return this.#entries;
  }

  letGo(): void {
    this.keep([]);
    this.#forget(this);
  }

  wasReadSinceHandCame(): boolean {
    const { readAt } = this;
    const wasRead = readAt > this.#readWhenHandCame;
    this.#readWhenHandCame = readAt;
    return wasRead;
  }

  /** The youngest entry that answers. */
  answer(read: CacheRead): ResourceEntry | undefined {
    const entry = this.#entries.find((each) => each.isRead(read));
    if (entry !== undefined) entry.isAtHand = true;
    return entry;
  }

  /** Takes an entry in, unless a younger one says as much. @returns whether it did. */
  take(entry: ResourceEntry): boolean {
    entry.readAt = this.readAt;
    entry.askedAgeMs = this.askedAgeMs;
    // Of two that were seen at one instant, the one that came last counts as the younger.
    const byAge = [entry, ...this.#entries].sort((left, right) => right.seenAt - left.seenAt);
    const kept = byAge.filter((each, place) => !byAge.slice(0, place).some((younger) => outdoes(younger, each)));
    if (!kept.includes(entry)) return false;
    // Whoever has one at hand is to find out that there is a younger one.
    for (const each of this.#entries) each.takeFromHand();
    this.keep(kept);
    return true;
  }

  /** Keeps these entries and no others. */
  keep(entries: readonly ResourceEntry[]): void {
    for (const each of this.#entries) if (!entries.includes(each)) each.takeFromHand();
    this.#entries = entries;
  }

  /** It stands no more among those that batches may take along; the next read finds that out. */
  unlist(): void {
    this.isCandidate = false;
    for (const each of this.#entries) each.takeFromHand();
  }

  /** When it was last read, on the monotonic clock. */
  get readAt(): number {
    return this.#entries.reduce((latest, { readAt }) => Math.max(latest, readAt), LONG_AGO);
  }

  /** The age that the last read asked for. */
  get askedAgeMs(): number {
    return this.#entries.reduce((last, each) => (each.readAt >= last.readAt ? each : last), NEVER_READ).askedAgeMs;
  }

  /** When it was last filled, on the monotonic clock. */
  get filledAt(): number {
    return this.#entries[0]?.seenAt ?? LONG_AGO;
  }

  /** The widest view that is kept. */
  get view(): number {
    return this.#entries.at(-1)?.view ?? EVERY_VIEW;
  }

  /** What all of it takes in memory, about. */
  size(): number {
    return this.#entries.reduce((sum, { bytes }) => sum + bytes, SLOT_BYTES);
  }
}

/** Whether the older of two has nothing to say beside the younger. That a resource was absent is over when it is seen, in whatever view. */
function outdoes(younger: ResourceEntry, older: ResourceEntry): boolean {
  return younger.view >= older.view || older.view === EVERY_VIEW;
}

const NEVER_READ = { readAt: LONG_AGO, askedAgeMs: 0 };
