import type { CacheEntry, EntryHolder, Ref } from "@cloudlink/core";
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
  seenAt = 0;
  #observedSince = 0;

  constructor(plan: ReadPlan) {
    this.plan = plan;
  }

  /** The entry that answers from now on. One that is absent, or of a source that lags, is none here. */
  answersBy(entry: CacheEntry | undefined): void {
    const { observation } = entry ?? {};
    const isPlain = observation !== undefined && observation.sourceLagMs === undefined;
    this.entry = isPlain ? entry : undefined;
    if (entry === undefined || !isPlain) return;
    this.value = observation.value;
    this.view = observation.view;
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
    if (!this.#isClosed) this.#byRef.set(ref, new PlannedRead(plan));
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
