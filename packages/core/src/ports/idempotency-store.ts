import type { Context } from "../context/context.ts";

/** Names a claim: what a caller's key means for one tenant. Neither may be cut another way to give the same. */
export interface IdempotencyKey {
  readonly tenant: string;
  readonly key: string;
}

/** A wish to be the first to carry out what a key names. */
export interface IdempotencyClaim extends IdempotencyKey {
  /** Names the claim. Whoever makes it chooses it, so that one whose answer was lost can be made again, or given up, all the same. */
  readonly claimId: string;
  /** What was asked for, as a digest: the same key with another request is a mistake of the caller's. */
  readonly requestHash: string;
  /** How long, in milliseconds, the claim stands if it is neither settled nor released: whoever made it may have died. */
  readonly claimTtlMs: number;
}

/** What {@link IdempotencyStore.claim} gives: the claim is the caller's, or somebody made it before. */
export type ClaimResult =
  | { readonly state: "claimed" }
  | { readonly state: "running"; readonly requestHash: string }
  | { readonly state: "settled"; readonly requestHash: string; readonly outcome: string };

/**
 * Port: what became of actions that were asked for under a key.
 *
 * Invariants: of several claims of a key at once, one is `claimed`, and stays so for whoever makes it again under the same id; a claim that is not the caller's own any more is neither settled nor released;
 * an outcome stays for its TTL, whatever else is stored. An outcome holds no secret.
 */
export interface IdempotencyStore {
  /** @throws `resource_exhausted` when there is no room for another key; `unavailable` when the store cannot be asked. */
  claim(ctx: Context, claim: IdempotencyClaim): Promise<ClaimResult>;
  /** Keeps what became of it, for `ttlMs` milliseconds from now. */
  settle(
    ctx: Context,
    settlement: IdempotencyKey & { readonly claimId: string; readonly outcome: string; readonly ttlMs: number },
  ): Promise<void>;
  /** Nothing came of it: the key is free again. A claim that is not there is not missed. */
  release(ctx: Context, claim: IdempotencyKey & { readonly claimId: string }): Promise<void>;
}
