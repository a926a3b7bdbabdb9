import type { CacheEntry, Ref } from "@cloudlink/core";
import type { ReadPlan } from "./read-plan.ts";

/** The plan for a ref, and the entry that last answered by it. */
export interface PlannedRead {
  readonly plan: ReadPlan;
  entry: CacheEntry | undefined;
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
    if (!this.#isClosed) this.#byRef.set(ref, { plan, entry: undefined });
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
