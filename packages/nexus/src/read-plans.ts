import type { AnswerSource, CacheEntry, CacheRead, EntryHolder, Ref } from "@cloudlink/core";
import type { ReadPlan } from "./read-plan.ts";

/**
 * The instant that this program counts from: what lies within twelve days of it is a number that V8 keeps in the object itself. Another one
 * is an object of its own somewhere in memory.
 */
const EPOCH_MS = Date.now();

/**
 * The plan for a ref, and what last answered by it. That is copied from the entry: of 10,000 resources read at random, each object that has to
 * be fetched from memory costs a tenth of the whole read.
 */
export class PlannedRead implements EntryHolder {
  readonly plan: ReadPlan;
  entry: CacheEntry | undefined;
  value: unknown;
  view = "";
  source: AnswerSource = "memory";
  seenAt = 0;
  /** Whether the entry said, when it was last told of reads, that it has answered enough. */
  isWorn = false;
  #observedSince = 0;
  /** Reads that the entry has not been told of, what they asked for, and when it was last told. */
  #reads = 0;
  #maxAgeMs = -1;
  #toldAt = 0;

  constructor(plan: ReadPlan) {
    this.plan = plan;
  }

  /** Whether what answered last answers this read, too. The entry is told of it, sooner or later: to fetch it for each read costs more. */
  answers(read: CacheRead): boolean {
    if (this.entry === undefined) return false;
    const { maxAgeMs, staleMs, nowMs } = read;
    this.#reads += 1;
    const isUsual = maxAgeMs !== undefined && maxAgeMs === this.#maxAgeMs && staleMs === 0;
    if (!isUsual || this.#reads >= MOST_UNTOLD || nowMs - this.#toldAt >= TOLD_EVERY_MS) return this.#tell(read);
    return nowMs - this.seenAt <= maxAgeMs;
  }

  #tell(read: CacheRead): boolean {
    const { entry } = this;
    const reads = this.#reads;
    this.#reads = 0;
    this.#maxAgeMs = read.maxAgeMs ?? -1;
    this.#toldAt = read.nowMs;
    const isServed = entry?.serves(read, reads) === true;
    this.isWorn = isServed && entry?.isWorn(read.nowMs) === true;
    return isServed;
  }

  /** The entry that answers from now on. One that is absent, or of a source that lags, is none here. */
  answersBy(entry: CacheEntry | undefined): void {
    const { observation } = entry ?? {};
    const isPlain = observation !== undefined && observation.sourceLagMs === undefined;
    this.entry = isPlain ? entry : undefined;
    this.isWorn = false;
    this.#maxAgeMs = -1;
    if (entry === undefined || !isPlain) return;
    this.value = observation.value;
    this.view = observation.view;
    this.source = entry.source;
    this.seenAt = entry.seenAt;
    this.#observedSince = observation.observedAt - EPOCH_MS;
    entry.heldBy(this);
  }

  letGo(): void {
    this.entry = undefined;
    this.value = undefined;
  }

  get observedAt(): number {
    return EPOCH_MS + this.#observedSince;
  }
}

/** After so many reads, or so many milliseconds, an entry is told of them: what is read often, or not at all, is known soon enough. */
const MOST_UNTOLD = 100;
const TOLD_EVERY_MS = 250;

/** How many plans are shared at the most. Beyond that they are worked out anew, and shared again. */
const MOST_SHARED = 10_000;

/** The plans of a kernel: one for all refs of a place, so that what a read from memory looks at is the same for each, and near. */
export class ReadPlans {
  /** By the ref object that a caller has, and goes on using. */
  #byRef = new WeakMap<object, PlannedRead>();
  #isClosed = false;
  readonly #shared = new Map<string, ReadPlan>();

  /** What was last planned for this very object. It may be for another tenant, kind or view. */
  of(ref: object): PlannedRead | undefined {
    return this.#byRef.get(ref);
  }

  keep(ref: Ref, plan: ReadPlan): void {
    // What is in the table is held from there: to put it in anew with each read is what its garbage collector minds most.
    if (this.#isClosed || this.#byRef.get(ref)?.plan === plan) return;
    this.#byRef.set(ref, new PlannedRead(plan));
  }

  /** The kernel closes: no read goes by a plan any more. */
  close(): void {
    this.#isClosed = true;
    this.#byRef = new WeakMap();
  }

  /** The plan that is shared under `key`, if it is as good as a new one; else what `make` gives is shared from now on. */
  share(key: string, request: { isGood(plan: ReadPlan): boolean; make(): ReadPlan }): ReadPlan {
    const known = this.#shared.get(key);
    if (known !== undefined && request.isGood(known)) return known;
    const made = request.make();
    if (this.#shared.size >= MOST_SHARED) this.#shared.clear();
    this.#shared.set(key, made);
    return made;
  }
}
