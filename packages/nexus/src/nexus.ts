import type { Kind, Provider, Ref } from "@cloudlink/core";
import type { Calls } from "@cloudlink/core/calls";

/** The kernel: one way to every resource of every provider it was given. */
export interface Nexus extends Calls, AsyncDisposable {
  /** The ref that a text stands for: a ref's own text, or an id of a vendor's. @throws `invalid_argument` (`ErrInvalidRef`). */
  resolveRef(text: string): Ref;
  /** The vendor's own id of a ref, where its provider has a template for it. */
  nativeId(ref: Ref): string | undefined;
  /** The providers that calls are routed to. */
  providers(): readonly Provider[];
  /** Every kind that a provider serves. */
  kinds(): readonly Kind[];
  /**
   * Cancels what still runs, but lets actions that were sent end and be written down, within 5 s; and closes the providers it was given as a list; a directory is for its owner to close. Once it is done it does
   * nothing more, however often it is called. `await using` calls it at the end of a block.
   *
   * @throws what a provider failed to close by, after all have ended; `deadline_exceeded` for one that takes longer than 5 s.
   */
  close(): Promise<void>;
}
