import { createHash, randomUUID } from "node:crypto";
import {
  background,
  type ClaimResult,
  CloudLinkError,
  type Context,
  type IdempotencyKey,
  untilDone,
} from "@cloudlink/core";
import type { AcceptedState } from "./action-state.ts";
import { readContext } from "./call-bounds.ts";
import { carryOut, type Deed } from "./carry-out.ts";
import type { Kernel } from "./kernel.ts";
import { OPERATION_TTL_MS } from "./operation-token.ts";

/** What is kept of an action that was carried out under a key, and what whoever sends the key again is given. */
type Outcome = { readonly state: AcceptedState } | { readonly error: unknown };

/** How long a claim outlives the deadline of its call, in milliseconds: enough to write down how it ended. */
const CLAIM_MARGIN_MS = 60_000;

/** How long, in milliseconds, the store is given to write down how an action ended, and how often it is asked to. */
const STORE_TIMEOUT_MS = 2_000;
const STORE_TRIES = 3;

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
  const named: Named = { tenant: call.ctx.tenant, key, claimId: randomUUID() };
  const requestHash = hashOf(deed);
  const claim = await claimed(kernel, { deed, named, requestHash });
  if (claim.state !== "claimed" && claim.requestHash !== requestHash) throw keyReused();
  if (claim.state === "running") throw inProgress();
  if (claim.state === "settled") return { state: replay(claim.outcome), replayed: true };
  const state = await carryOut(kernel, {
    ...deed,
    ended: (outcome) => settle(kernel, { deed, named, outcome }),
  });
  return { state, replayed: false };
}

/** A claim of a key. */
type Named = IdempotencyKey & { readonly claimId: string };

function hashOf({ kind, target, route }: Deed): string {
  const asked = [target.scope.key, target.ref.key, kind.major, route.action.name];
  return createHash("sha256").update(JSON.stringify(asked)).digest("base64url");
}

async function claimed(
  kernel: Kernel,
  request: { readonly deed: Deed; readonly named: Named; readonly requestHash: string },
): Promise<ClaimResult> {
  const { deed, named, requestHash } = request;
  using ctx = readContext(kernel, deed.call);
  using _awake = kernel.awake.hold();
  // Whoever made a claim may have died, and nobody knows what came of it: only what does no harm twice is free again then.
  const outlives = Math.min(OPERATION_TTL_MS, ctx.remainingMs() + CLAIM_MARGIN_MS);
  const claimTtlMs = deed.route.action.idempotent ? outlives : OPERATION_TTL_MS;
  const claiming = kernel.idempotency.claim(ctx, { ...named, requestHash, claimTtlMs });
  try {
    return await untilDone(ctx, claiming);
  } catch (error) {
    // It may have been made all the same, or be made yet, and would stand for nothing.
    const over = claiming.then(ignore, ignore).then(() => release(kernel, { deed, named }));
    kernel.deeds.add(over);
    throw error;
  }
}

function ignore(): void {}

/** Writes down how it ended; nothing, where a repeat does no harm or is the way out. It does not reject: the action has ended, however that goes. */
async function settle(
  kernel: Kernel,
  request: {
    readonly deed: Deed;
    readonly named: Named;
    readonly outcome: { readonly state: AcceptedState } | { readonly error: CloudLinkError };
  },
): Promise<void> {
  const { deed, named, outcome } = request;
  if ("error" in outcome && mayBeSentAgain(deed, outcome.error)) return await release(kernel, { deed, named });
  await store(deed, (ctx) =>
    kernel.idempotency.settle(ctx, { ...named, outcome: JSON.stringify(outcome), ttlMs: OPERATION_TTL_MS }),
  );
}

function release(kernel: Kernel, { deed, named }: { readonly deed: Deed; readonly named: Named }): Promise<void> {
  return store(deed, (ctx) => kernel.idempotency.release(ctx, named));
}

/**
 * Has the store keep or drop something, on a context of its own: the caller's may be over. It is tried again, since both may be done twice; if
 * it fails for good, the claim stands until it expires, and whoever repeats the key meanwhile is told that it is in progress.
 */
async function store({ call }: Deed, write: (ctx: Context) => Promise<void>): Promise<void> {
  const { clock, trace, tenant } = call.ctx;
  for (let tries = 0; tries < STORE_TRIES; tries += 1) {
    const plain = background({ clock }).withTenant(tenant).withTimeout(STORE_TIMEOUT_MS);
    using ctx = (trace === undefined ? plain : plain.withTrace(trace)).withCancel();
    try {
      return await untilDone(ctx, write(ctx));
    } catch {
      // The next try, or none.
    }
  }
}

function mayBeSentAgain({ route }: Deed, { effect }: CloudLinkError): boolean {
  return effect === "none" || (effect === "unknown" && route.action.idempotent);
}

/** What the first call of the key got. @throws the failure of an action that may have been done; nobody is sent to try it again. */
function replay(stored: string): AcceptedState {
  let outcome: Outcome;
  try {
    outcome = JSON.parse(stored) as Outcome;
    if ("state" in outcome && (outcome.state.state === "done" || outcome.state.state === "running"))
      return outcome.state;
  } catch {
    throw unreadable();
  }
  if (!("error" in outcome)) throw unreadable();
  throw CloudLinkError.fromJSON(outcome.error).with({ retry: { retryable: false } });
}

function unreadable(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrUnexpected",
    message:
      "The idempotency key was used before, and what is stored of it cannot be read. Read the resource to see how it stands.",
    origin: "kernel",
    effect: "unknown",
  });
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
