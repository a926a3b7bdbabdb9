import { createHash } from "node:crypto";
import { background, type ClaimResult, CloudLinkError, type IdempotencyKey, untilDone } from "@cloudlink/core";
import type { AcceptedState } from "./action-state.ts";
import { readContext } from "./call-bounds.ts";
import { carryOut, type Deed } from "./carry-out.ts";
import type { Kernel } from "./kernel.ts";
import { OPERATION_TTL_MS } from "./operation-token.ts";

/** What is kept of an action that was carried out under a key, and what whoever sends the key again is given. */
type Outcome = { readonly state: AcceptedState } | { readonly error: unknown };

/** How long a claim outlives the deadline of its call, in milliseconds: enough to write down how it ended. */
const CLAIM_MARGIN_MS = 60_000;

/** How long the store is given to write down how an action ended; the caller's own deadline may have passed by then. */
const SETTLE_TIMEOUT_MS = 5_000;

/** When somebody who came second may ask again, in milliseconds: most vendors accept an action within a second. */
const IN_PROGRESS_RETRY_MS = 1_000;

/** As many as the Idempotency-Key header of HTTP is commonly given (draft-ietf-httpapi-idempotency-key-header names no bound; Stripe's is 255). */
const keyForm = /^[\x21-\x7e]{1,255}$/;

/** @throws `invalid_argument` (`ErrInvalidRequest`) for what is no key. */
export function checkKey(key: unknown): void {
  if (key === undefined || (typeof key === "string" && keyForm.test(key))) return;
  throw new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: "idempotencyKey is 1 to 255 printable ASCII characters without spaces, such as a UUID.",
    origin: "caller",
  });
}

/**
 * Carries an action out under the caller's key: of all calls of a key, within a day, one sends it, and the others get what that one got.
 *
 * @throws `already_exists` (`ErrIdempotencyKeyReused`), `aborted` (`ErrActionInProgress`), and what carrying it out throws.
 */
export async function carryOutOnce(
  kernel: Kernel,
  deed: Deed,
): Promise<{ readonly state: AcceptedState; readonly replayed: boolean }> {
  const { call, idempotencyKey: key } = deed;
  const named: IdempotencyKey = { tenant: call.ctx.tenant, key };
  const requestHash = hashOf(deed);
  const claim = await claimed(kernel, { deed, named, requestHash });
  if (claim.state !== "claimed" && claim.requestHash !== requestHash) throw keyReused();
  if (claim.state === "running") throw inProgress();
  if (claim.state === "settled") return { state: replay(claim.outcome), replayed: true };
  const { claimId } = claim;
  const state = await carryOut(kernel, {
    ...deed,
    ended: (outcome) => settle(kernel, { deed, named, claimId, outcome }),
  });
  return { state, replayed: false };
}

function hashOf({ kind, target, route }: Deed): string {
  const asked = [target.scope.key, target.ref.key, kind.major, route.action.name];
  return createHash("sha256").update(JSON.stringify(asked)).digest("base64url");
}

async function claimed(
  kernel: Kernel,
  request: { readonly deed: Deed; readonly named: IdempotencyKey; readonly requestHash: string },
): Promise<ClaimResult> {
  const { deed, named, requestHash } = request;
  using ctx = readContext(kernel, deed.call);
  using _awake = kernel.awake.hold();
  // Whoever made a claim may have died, and nobody knows what came of it: only what does no harm twice is free again then.
  const outlives = Math.min(OPERATION_TTL_MS, ctx.remainingMs() + CLAIM_MARGIN_MS);
  const claimTtlMs = deed.route.action.idempotent ? outlives : OPERATION_TTL_MS;
  const store = kernel.idempotency;
  const claiming = store.claim(ctx, { ...named, requestHash, claimTtlMs });
  try {
    return await untilDone(ctx, claiming);
  } catch (error) {
    // A claim that arrives after the caller has left would stand for nothing.
    const late = async () => {
      const claim = await claiming;
      if (claim.state === "claimed") await store.release(ctx, { ...named, claimId: claim.claimId });
    };
    late().catch(() => {});
    throw error;
  }
}

/** Writes down how it ended; nothing, where a repeat does no harm or is the way out. It does not reject: the action has ended, however that goes. */
async function settle(
  kernel: Kernel,
  request: {
    readonly deed: Deed;
    readonly named: IdempotencyKey;
    readonly claimId: string;
    readonly outcome: { readonly state: AcceptedState } | { readonly error: CloudLinkError };
  },
): Promise<void> {
  const { deed, named, claimId, outcome } = request;
  const { clock, trace } = deed.call.ctx;
  const plain = background({ clock }).withTenant(named.tenant).withTimeout(SETTLE_TIMEOUT_MS);
  using ctx = (trace === undefined ? plain : plain.withTrace(trace)).withCancel();
  const store = kernel.idempotency;
  const isFree = "error" in outcome && mayBeSentAgain(deed, outcome.error);
  try {
    await untilDone(
      ctx,
      isFree
        ? store.release(ctx, { ...named, claimId })
        : store.settle(ctx, { ...named, claimId, outcome: JSON.stringify(outcome), ttlMs: OPERATION_TTL_MS }),
    );
  } catch {
    // The claim stands until it expires, and whoever repeats the key meanwhile is told that it is in progress.
  }
}

function mayBeSentAgain({ route }: Deed, { effect }: CloudLinkError): boolean {
  return effect === "none" || (effect === "unknown" && route.action.idempotent);
}

function replay(stored: string): AcceptedState {
  const outcome = JSON.parse(stored) as Outcome;
  if ("error" in outcome) throw CloudLinkError.fromJSON(outcome.error);
  return outcome.state;
}

function keyReused(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrIdempotencyKeyReused",
    message: "The idempotency key named another resource or action before. Take a new one for each wish.",
    origin: "caller",
    effect: "none",
  });
}

function inProgress(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrActionInProgress",
    message: "The same action with the same idempotency key is being carried out. Ask again with the same key.",
    origin: "kernel",
    retry: { retryable: true, afterMs: IN_PROGRESS_RETRY_MS },
    effect: "unknown",
  });
}
