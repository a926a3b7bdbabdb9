import { type ActionEffect, CloudLinkError } from "@cloudlink/core";

/**
 * What is known of whether an action was carried out, over all its tries. A provider says so on its errors where it knows; where it
 * does not, nothing was done if nothing was sent. A try of which that is not known makes it unknown for good, however the next one ends.
 */
export class EffectRecord {
  /** The vendor operations that carry the action out; others, which find out who calls, do nothing. */
  readonly #operations: readonly string[];
  #effect: ActionEffect = "none";
  #inTheAir = false;
  /** What came of the try that failed last. */
  #last: { readonly error: unknown; readonly effect: ActionEffect } | undefined;

  constructor(operations: readonly string[]) {
    this.#operations = operations;
  }

  /** Whether a request that carries it out is on its way at this moment. */
  get inTheAir(): boolean {
    return this.#inTheAir;
  }

  /** As far as it is known now. */
  get effect(): ActionEffect {
    return this.#inTheAir && this.#effect === "none" ? "unknown" : this.#effect;
  }

  /** A try sends a request. */
  sent(operation: string): void {
    if (this.#operations.includes(operation)) this.#inTheAir = true;
  }

  /** A try failed. Told again of the same failure, it says the same. @returns what came of that try. */
  failed(error: unknown): ActionEffect {
    if (this.#last !== undefined && this.#last.error === error) return this.#last.effect;
    const said = CloudLinkError.isInstance(error) ? error.effect : undefined;
    const effect = said ?? (this.#inTheAir ? "unknown" : "none");
    this.#inTheAir = false;
    this.#last = { error, effect };
    if (effect === "done" || this.#effect === "none") this.#effect = effect;
    return effect;
  }

  /** The vendor accepted it. */
  accepted(): void {
    this.#inTheAir = false;
    this.#effect = "done";
  }
}
