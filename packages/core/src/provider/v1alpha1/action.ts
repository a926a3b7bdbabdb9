import type { Ref } from "../../ref/ref.ts";

/** The action that a provider is asked to begin. */
export interface ActionRequest {
  readonly ref: Ref;
  /** Name of an action that the kind has and the provider declares. */
  readonly action: string;
  /** Handed to vendors that take one, so that a repeat is known for one. */
  readonly idempotencyKey: string;
  /** Ask whether it would be allowed, and do nothing. */
  readonly dryRun: boolean;
}

/** The action whose state a provider is asked for. */
export interface FollowRequest {
  readonly ref: Ref;
  readonly action: string;
  /** The token of the last state, as it was given. */
  readonly token: string;
}

/**
 * How an action stands. A refusal or a failure is a rejection, with `effect` saying whether anything was done;
 * these are the states it may be in otherwise.
 */
export type ActionState =
  | { readonly state: "allowed" }
  | { readonly state: "done" }
  | {
      readonly state: "running";
      /** All that `follow` needs to go on, in any process. It holds no secret; a vendor URL in it leads to the provider's declared hosts only. */
      readonly token: string;
      /** The shortest wait, in milliseconds, before `follow` makes sense. */
      readonly pollAfterMs: number;
      /** 0 to 1, where the vendor says. */
      readonly progress?: number;
    };
