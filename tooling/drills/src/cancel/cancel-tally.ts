import { getEventListeners } from "node:events";
import type { Context } from "@cloudlink/core";
import type { Random, Subjects } from "@cloudlink/measure";

/** A call's context, and what ends it. */
export interface Cancelable {
  readonly ctx: Context;
  cancel(): void;
}

/** What the drill counts, over all of its calls. */
export class CancelTally {
  readonly #core: Subjects["core"];
  readonly #random: Random;
  /** One that is in every context and never aborts, as a program's own is: what forgets it stays with it for good. */
  readonly #program = new AbortController();
  /** Of calls that may still run. */
  #signals: AbortSignal[] = [];
  /** Calls that are over because they were canceled, or because their deadline came, or because their loop was left. */
  ended = 0;
  /** Calls that had their answer before they could be canceled. */
  answered = 0;
  /** Of those that ended, the ones that did not end as they should. */
  wrong = 0;
  firstWrong: string | undefined;
  /** Listeners on signals of the caller's after the calls had ended. */
  listeners = 0;
  /** Requests that the vendor still had before it after the calls had ended. */
  unheard = 0;

  constructor({ core }: Pick<Subjects, "core">, random: Random) {
    this.#core = core;
    this.#random = random;
  }

  /** A context that ends by the context's own handle or by the caller's signal. */
  cancelable(): Cancelable {
    if (this.#random.chance(0.5)) return this.bySignal();
    const own = this.#programContext().withCancel();
    return { ctx: own, cancel: () => own.cancel() };
  }

  /** A context that ends by the caller's signal; nothing happens if it never does. */
  bySignal(): Cancelable {
    const controller = new AbortController();
    this.#signals.push(controller.signal);
    return { ctx: this.#programContext().withSignal(controller.signal), cancel: () => controller.abort() };
  }

  /** A context with a deadline that nobody calls off. */
  withDeadline(timeoutMs: number): Context {
    return this.#programContext().withTimeout(timeoutMs);
  }

  /** Waits for a call that was canceled, or was to be. */
  async ends(call: Promise<unknown>, expected: { readonly effect?: string } = {}): Promise<void> {
    const { isInstance } = this.#core.CloudLinkError;
    await call.then(
      () => {
        this.answered += 1;
      },
      (error: unknown) => {
        this.ended += 1;
        const isOver = isInstance(error) && (error.code === "canceled" || error.code === "deadline_exceeded");
        if (!isOver || (expected.effect !== undefined && error.effect !== expected.effect)) this.#isWrong(error);
      },
    );
  }

  /** Waits for a call whose loop is left: that it ends is all there is to it. */
  async leaves(call: Promise<unknown>): Promise<void> {
    this.ended += 1;
    await call.catch((error: unknown) => this.#isWrong(error));
  }

  /** When calls have ended: counts who still listens to what they were given. */
  countListeners(): void {
    for (const signal of [...this.#signals, this.#program.signal]) {
      this.listeners += getEventListeners(signal, "abort").length;
    }
    this.#signals = [];
  }

  #programContext(): Context {
    return this.#core.background().withSignal(this.#program.signal);
  }

  #isWrong(error: unknown): void {
    this.wrong += 1;
    this.firstWrong ??= String(error);
  }
}
