import type { AnswerSource, Freshness } from "@cloudlink/core";
import { Kept } from "./memory-budget.ts";

/** What a cached function has loaded. */
export interface LoadedValue<Value> {
  readonly tenant: string;
  readonly key: string;
  readonly value: Value;
  readonly tags: readonly string[];
  readonly observedAt: number;
  /** The same instant, on the monotonic clock. */
  readonly seenAt: number;
}

/** A value of a cached function. */
export class FunctionEntry<Value> extends Kept {
  readonly loaded: LoadedValue<Value>;
  isKept = true;
  #wasRead = false;
  readonly #forget: (entry: FunctionEntry<Value>) => void;

  constructor(loaded: LoadedValue<Value>, forget: (entry: FunctionEntry<Value>) => void) {
    super();
    this.loaded = loaded;
    this.#forget = forget;
  }

  wasReadSinceHandCame(): boolean {
    const wasRead = this.#wasRead;
    this.#wasRead = false;
    return wasRead;
  }

  letGo(): void {
    this.isKept = false;
    this.#forget(this);
  }

  answer(read: { readonly nowMs: number; readonly source: AnswerSource; readonly refreshing: boolean }): {
    readonly value: Value;
    readonly freshness: Freshness;
  } {
    this.#wasRead = true;
    const { value, observedAt, seenAt } = this.loaded;
    const { nowMs, source, refreshing } = read;
    const freshness = Object.freeze({ source, observedAt, ageMs: Math.max(0, nowMs - seenAt), refreshing });
    return Object.freeze({ value, freshness });
  }
}
