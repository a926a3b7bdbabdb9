import { type ActionEffect, CloudLinkError } from "@cloudlink/core";
import type { KernelCall } from "./kernel-call.ts";

/**
 * What is known of whether an action was carried out, over all its tries. A provider says so on its errors where it knows; where it
 * does not, nothing was done if nothing was sent. A try of which that is not known makes it unknown for good, however the next one ends.
 */
export class EffectRecord {
  readonly #call: KernelCall;
  /** Vendor requests before the try that runs. */
  #sentBefore: number;
  #effect: ActionEffect = "none";
  #running = false;

  constructor(call: KernelCall) {
    this.#call = call;
    this.#sentBefore = call.vendorCalls;
  }

  /** Whether a request is on its way at this moment. */
  get inTheAir(): boolean {
    return this.#running && this.#call.vendorCalls > this.#sentBefore;
  }

  /** As far as it is known now. */
  get effect(): ActionEffect {
    return this.inTheAir && this.#effect === "none" ? "unknown" : this.#effect;
  }

  /** A try begins. */
  begin(): void {
    this.#sentBefore = this.#call.vendorCalls;
    this.#running = true;
  }

  /** A try failed. @returns what came of it. */
  failed(error: unknown): ActionEffect {
    const said = CloudLinkError.isInstance(error) ? error.effect : undefined;
    const effect = said ?? (this.inTheAir ? "unknown" : "none");
    this.#running = false;
    if (effect === "done" || this.#effect === "none") this.#effect = effect;
    return effect;
  }

  /** The vendor accepted it. */
  accepted(): void {
    this.#running = false;
    this.#effect = "done";
  }
}
