import type { AnswerSource, CacheEntry, CacheRead, EntryHolder, FreshnessBounds, Observation } from "@cloudlink/core";

/** For how long, in milliseconds, absence is kept: it is the one failure that may be, and vendors are eventually consistent. */
const LONGEST_ABSENCE_MS = 2_000;

/** An absent resource is absent in every view: more than any kind has. */
export const EVERY_VIEW = 2 ** 30;

/** Before anything. Instants are whole milliseconds, which V8 keeps in the object itself for the first 24 days. */
export const LONG_AGO = -(2 ** 30);

/**
 * After so many reads an entry is worn: a vendor call for 800 answers. Of the economy workload's Zipf reads (docs/performance.md) that costs two
 * calls in a hundred, and saves a fifth of those that are stale.
 */
const WORN_BY_READS = 800;

/** But not before a tenth of the age that is asked for, however often it is read. */
const WORN_FROM_SHARE = 0.1;

/** What is kept of a resource in one view. */
export class ResourceEntry implements CacheEntry {
  readonly observation: Observation<unknown> | undefined;
  readonly seenAt: number;
  readonly usual: FreshnessBounds;
  /** The place of its view among the kind's. */
  readonly view: number;
  /** Whether it may answer without being looked for: it is kept, and stands among those that batches may take along. */
  isAtHand = false;
  /** When it was last read, on the monotonic clock, and the age that was asked for. */
  readAt = LONG_AGO;
  askedAgeMs = 0;
  #reads = 0;
  readonly source: AnswerSource;
  /** What the value takes in memory. */
  readonly bytes: number;
  #holder: EntryHolder | undefined;

  constructor(fields: {
    readonly observation?: Observation<unknown>;
    readonly source: AnswerSource;
    readonly seenAt: number;
    readonly usual: FreshnessBounds;
    readonly view: number;
    readonly bytes: number;
  }) {
    this.observation = fields.observation;
    this.source = fields.source;
    this.seenAt = fields.seenAt;
    this.usual = fields.usual;
    this.view = fields.view;
    this.bytes = fields.bytes;
  }

  static absent(seenAt: number): ResourceEntry {
    const usual = { maxAgeMs: LONGEST_ABSENCE_MS };
    return new ResourceEntry({ source: "memory", seenAt, usual, view: EVERY_VIEW, bytes: 0 });
  }

  isWorn(nowMs: number): boolean {
    return this.#reads >= WORN_BY_READS && nowMs - this.seenAt >= this.askedAgeMs * WORN_FROM_SHARE;
  }

  heldBy(holder: EntryHolder): void {
    if (this.#holder !== holder) this.#holder?.letGo();
    this.#holder = holder;
  }

  /** It answers nobody any more who does not look for it. */
  takeFromHand(): void {
    this.isAtHand = false;
    this.#holder?.letGo();
    this.#holder = undefined;
  }

  serves(read: CacheRead, reads: number): boolean {
    if (!this.isAtHand) return false;
    this.#reads += reads - 1;
    return this.isRead(read);
  }

  /** Whether it answers; it counts as read then, and as asked for in any case. */
  isRead({ nowMs, fromView, maxAgeMs, staleMs }: CacheRead): boolean {
    const { usual, view } = this;
    const askedAgeMs = maxAgeMs ?? usual.maxAgeMs;
    this.readAt = nowMs;
    this.askedAgeMs = askedAgeMs;
    this.#reads += 1;
    const ageMs = nowMs - this.seenAt;
    return (
      view >= fromView &&
      ageMs <= askedAgeMs + (staleMs ?? usual.staleWhileRevalidateMs ?? 0) &&
      (view !== EVERY_VIEW || ageMs <= LONGEST_ABSENCE_MS)
    );
  }
}
