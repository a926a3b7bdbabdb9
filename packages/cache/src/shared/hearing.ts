import type { Clock } from "@cloudlink/core";
import type { MemoryLevel } from "../memory-level.ts";
import { type Invalidation, refOf } from "./invalidation.ts";
import { InvalidationLog } from "./invalidation-log.ts";
import type { StoreLog, StoreWord } from "./shared-store.ts";

/**
 * For how long, in milliseconds, anything answers that one may not have been told of, and how often the rest is let go. Not everything that is older goes
 * at the first moment: of what was kept then, all was known, and all replicas would ask their vendors for all of it at once.
 */
const UNTOLD_MS = 5_000;
const SWEEP_MS = 500;

/** What {@link Hearing} takes. */
export interface HearingSettings {
  readonly memory: MemoryLevel;
  readonly clock: Clock;
  /** A lease on fetching the resource ended. @param ref - its canonical text. */
  ended(ref: string): void;
  /** Words may have been lost: what was learned of the store before counts no more. */
  began(): void;
}

/**
 * What other processes say through the store, and what it does to this one's memory. What they invalidate while nothing is heard answers for
 * {@link UNTOLD_MS} more at the most; when words come again, memory begins anew.
 */
export class Hearing {
  readonly #settings: HearingSettings;
  readonly log = new InvalidationLog();
  /** Counts the times that words may have been lost. */
  epoch = 0;
  #hears = false;
  /** When words were last known to arrive, on the monotonic clock. */
  #lostAt = Number.NEGATIVE_INFINITY;
  #stopSweeping: (() => void) | undefined;

  constructor(settings: HearingSettings) {
    this.#settings = settings;
    this.#sweepLater();
  }

  get hears(): boolean {
    return this.#hears;
  }

  heard(word: StoreWord): void {
    if (word.type === "ended") this.#settings.ended(word.ref);
    else if (word.type === "invalidated") this.#forget(word.invalidation);
    // One before it was lost, and nobody knows what it was about.
    else if (!this.log.add(word.entry)) this.#beginAnew();
    else if (!word.isOwn) this.#forget(word.entry.invalidation);
  }

  lost(): void {
    this.log.lost();
    if (!this.#hears) return;
    this.#hears = false;
    this.#lostAt = this.#settings.clock.monotonicMs();
    this.#sweepLater();
  }

  /** Whether what was seen at an instant of the monotonic clock may answer as far as words go: every one arrives, or not for long. */
  trusts(seenAt: number): boolean {
    return this.#hears || this.#settings.clock.monotonicMs() - Math.max(seenAt, this.#lostAt) <= UNTOLD_MS;
  }

  regained(log: StoreLog): void {
    this.log.load(log);
    this.#beginAnew();
    this.#hears = true;
    this.#stopSweeping?.();
    this.#stopSweeping = undefined;
  }

  #forget(invalidation: Invalidation): void {
    const { memory, clock, ended } = this.#settings;
    if (invalidation.type === "change") memory.applied(invalidation.change);
    else if (invalidation.type === "action") memory.acted({ ref: invalidation.ref, nowMs: clock.monotonicMs() });
    else memory.invalidate(invalidation.selection);
    // Whoever follows a fetch of it has to make it once more.
    const ref = refOf(invalidation);
    if (ref !== undefined) ended(ref.key);
  }

  #beginAnew(): void {
    this.epoch += 1;
    this.#settings.memory.invalidate({});
    this.#settings.began();
  }

  #sweep(): void {
    const { clock, memory } = this.#settings;
    const oldest = clock.monotonicMs() - UNTOLD_MS + SWEEP_MS;
    if (oldest >= this.#lostAt) memory.dropSeenBefore(oldest);
    this.#sweepLater();
  }

  #sweepLater(): void {
    this.#stopSweeping = this.#settings.clock.schedule(() => this.#sweep(), { delayMs: SWEEP_MS, background: true });
  }

  close(): void {
    this.#stopSweeping?.();
  }
}
