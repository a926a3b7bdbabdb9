import type { CallStats } from "./answer.ts";
import type { Context } from "./context/context.ts";
import type { CloudLinkError } from "./error/cloudlink-error.ts";
import type { Ref } from "./ref/ref.ts";

/** How an action that was accepted stands. One that failed is a rejection, with `effect` saying what came of it. */
export type OperationStatus =
  | { readonly state: "done" }
  | {
      readonly state: "running";
      /** The shortest wait, in milliseconds, before it makes sense to ask again. */
      readonly pollAfterMs: number;
      /** 0 to 1, where the vendor says. */
      readonly progress?: number;
    };

/** What an operation is, as data: all of it but the three calls of {@link Operation}. Immutable. */
export interface OperationRecord {
  readonly ref: Ref;
  /** Name of the action. */
  readonly action: string;
  /** The caller's, or the one that was made for it. */
  readonly idempotencyKey: string;
  /**
   * Names the operation, in any process with the same token key, or the same store of operations, and for the same tenant, for a day. It is authenticated and holds no secret.
   */
  readonly token: string;
  /** When this was made. */
  readonly status: OperationStatus;
  /** Whether nothing was sent, because the same key with the same request had been carried out before. */
  readonly replayed: boolean;
  /** W3C trace id of the call, 32 hexadecimal digits. */
  readonly traceId: string;
  readonly stats: CallStats;
}

/** An action that a vendor has accepted, and the way to its end. */
export interface Operation extends OperationRecord {
  /** Asks once how it stands. @throws what it failed by (`aborted`, `ErrActionFailed`), or why that cannot be told. */
  refresh(ctx: Context): Promise<OperationStatus>;
  /** How it stands, again and again until it is done, with the vendor's wait between. Leaving the loop ends it. @throws as `refresh` does. */
  progress(ctx: Context): AsyncIterable<OperationStatus>;
  /** Resolves when it is done. Without a deadline of the context's it waits as long as it takes. @throws as `refresh` does; `deadline_exceeded`; `canceled`. */
  done(ctx: Context): Promise<OperationStatus>;
}

/** What an action would do, without doing it. Immutable. */
export interface DryRun {
  readonly ref: Ref;
  readonly action: string;
  /** Whether it would be allowed. It says nothing of the resource's state. */
  readonly allowed: boolean;
  /** Why not, where it is not. */
  readonly denial?: CloudLinkError;
  /** The vendor operations that would be called. */
  readonly operations: readonly string[];
  /** The vendor's name for who would call: an ARN, an object id, a user name. Left out where the caller may not call the vendor at all. */
  readonly principal?: string;
  readonly traceId: string;
  readonly stats: CallStats;
}
