import type { AnswerSource, CacheEntry, CacheRead, FreshnessBounds, Observation, Ref } from "@cloudlink/core";
import { Kept } from "./memory-budget.ts";

/** For how long, in milliseconds, absence is kept: it is the one failure that may be, and vendors are eventually consistent. */
const LONGEST_ABSENCE_MS = 2_000;

/** An absent resource is absent in every view. */
const EVERY_VIEW = Number.POSITIVE_INFINITY;

/** An entry, and the place of its view among the kind's. */
export class SlotEntry implements CacheEntry {
  readonly observation: Observation<unknown> | undefined;
  readonly source: AnswerSource;
  readonly seenAt: number;
  readonly usual: FreshnessBounds;
  readonly view: number;
  /** What the value takes in memory. */
  readonly bytes: number;

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

  static absent(seenAt: number): SlotEntry {
    const usual = { maxAgeMs: LONGEST_ABSENCE_MS };
    return new SlotEntry({ source: "memory", seenAt, usual, view: EVERY_VIEW, bytes: 0 });
  }
}

/** What a slot and its places in maps take beside the values. */
const SLOT_BYTES = 400;

/** Everything that is kept of one resource: as a rule one entry, and more where a narrow view is younger than a wide one. */
export class ResourceSlot extends Kept {
  readonly ref: Ref;
  /** From the youngest and narrowest to the oldest and widest. */
  entries: readonly SlotEntry[] = [];
  /** When it was last read, on the monotonic clock. */
  lastReadAt = Number.NEGATIVE_INFINITY;
  /** The age that the last read asked for. */
  askedAgeMs = 0;
  /** Whether it stands among those that batches may take along. */
  isCandidate = false;
  readonly #forget: (slot: ResourceSlot) => void;

  constructor(ref: Ref, forget: (slot: ResourceSlot) => void) {
    super();
    this.ref = ref;
    this.#forget = forget;
  }

  letGo(): void {
    this.#forget(this);
  }

  /** The youngest entry that answers. */
  answer(read: CacheRead): SlotEntry | undefined {
    const { entries } = this;
    this.wasRead = true;
    this.lastReadAt = read.nowMs;
    for (let index = 0; index < entries.length; index += 1) {
      const entry = entries[index] as SlotEntry;
      if (entry.view < read.fromView) continue;
      const { usual } = entry;
      const maxAgeMs = read.maxAgeMs ?? usual.maxAgeMs;
      this.askedAgeMs = maxAgeMs;
      const mostMs = maxAgeMs + (read.staleMs ?? usual.staleWhileRevalidateMs ?? 0);
      const ageMs = read.nowMs - entry.seenAt;
      if (ageMs > mostMs || (entry.view === EVERY_VIEW && ageMs > LONGEST_ABSENCE_MS)) continue;
      return entry;
    }
    return undefined;
  }

  /** Takes an entry in, unless a younger one says as much. @returns whether it did. */
  take(entry: SlotEntry): boolean {
    for (const each of this.entries) if (each.seenAt > entry.seenAt && each.view >= entry.view) return false;
    // What is no younger and no wider has nothing to say beside it; that the resource was absent is over, or is all there is to say.
    const rest = this.entries.filter((each) => each.view > entry.view && each.view !== EVERY_VIEW);
    this.entries = [entry, ...rest].sort((left, right) => right.seenAt - left.seenAt);
    return true;
  }

  /** What all of it takes in memory, about. */
  size(): number {
    return this.entries.reduce((sum, { bytes }) => sum + bytes, SLOT_BYTES);
  }

  /** When it was last filled, on the monotonic clock. */
  get filledAt(): number {
    return this.entries[0]?.seenAt ?? Number.NEGATIVE_INFINITY;
  }

  /** The widest view that is kept. */
  get view(): number {
    return this.entries.at(-1)?.view ?? EVERY_VIEW;
  }
}
