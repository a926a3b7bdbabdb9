import { createHash, randomBytes } from "node:crypto";
import { CloudLinkError, type Context, type OperationStore, untilDone } from "@cloudlink/core";
import {
  checkNotExpired,
  invalidOperationToken,
  OPERATION_TTL_MS,
  type OperationTicket,
  type OperationTokens,
} from "./operation-token.ts";

/** How long, in milliseconds, the store is given. */
const STORE_TIMEOUT_MS = 2_000;

/**
 * How long a ticket outlives its operation, in milliseconds: whoever comes a day late still hears that the token has expired, rather than that it
 * never was one.
 */
const AFTERLIFE_MS = OPERATION_TTL_MS;

/** 32 random bytes in base64url, which nobody guesses; a signed token has dots in it. */
const tokenForm = /^[A-Za-z0-9_-]{43}$/;

/** What a store keeps of an operation; another version is not read. */
interface Stored {
  readonly version: 1;
  readonly ticket: OperationTicket;
}

/**
 * Tokens that name what a store keeps, so that no replica needs another's key. The store is given a digest: what is in it lets nobody follow
 * anything.
 *
 * An action that was accepted is answered whatever becomes of the store: where it does not take the ticket, the token is a signed one, which
 * holds the ticket itself and is good where the token key is the same.
 */
export function createStoredOperationTokens(settings: {
  readonly store: OperationStore;
  readonly signed: OperationTokens;
}): OperationTokens {
  const { store, signed } = settings;

  async function keep(ctx: Context, { token, ticket }: { readonly token: string; readonly ticket: OperationTicket }) {
    const stored: Stored = { version: 1, ticket };
    const ttlMs = ticket.expiresAt + AFTERLIFE_MS - ctx.clock.nowMs();
    const key = { tenant: ctx.tenant, id: idOf(token) };
    // Half of what is left: the caller is to have the answer in time, with this token or with another.
    using own = ctx.withTimeout(Math.min(STORE_TIMEOUT_MS, ctx.remainingMs() / 2)).withCancel();
    await untilDone(own, store.put(own, { ...key, ticket: JSON.stringify(stored), ttlMs }));
  }

  async function find(ctx: Context, token: string): Promise<OperationTicket> {
    using own = ctx.withTimeout(STORE_TIMEOUT_MS).withCancel();
    try {
      const text = await untilDone(own, store.find(own, { tenant: ctx.tenant, id: idOf(token) }));
      return ticketIn(text);
    } catch (error) {
      throw ctx.error() ?? (own.error() === undefined ? error : storeSilent());
    }
  }

  return {
    async issue(ctx, { ticket, followed }) {
      const isKept = followed !== undefined && tokenForm.test(followed.token);
      if (isKept && followed.ticket.running === ticket.running) return followed.token;
      const token = isKept ? followed.token : randomBytes(32).toString("base64url");
      try {
        await keep(ctx, { token, ticket });
        return token;
      } catch {
        // What is kept under it is older, and good all the same.
        return isKept ? token : signed.issue(ctx, { ticket, followed });
      }
    },
    async read(ctx, token) {
      if (typeof token !== "string" || !tokenForm.test(token)) return signed.read(ctx, token);
      const ticket = await find(ctx, token);
      checkNotExpired(ctx, ticket);
      return ticket;
    },
  };
}

function idOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** @throws `invalid_argument` (`ErrInvalidOperationToken`) where there is none, or one of another version. */
function ticketIn(text: string | undefined): OperationTicket {
  try {
    const stored = JSON.parse(text ?? "null") as Stored | null;
    if (stored?.version === 1) return stored.ticket;
  } catch {
    // Nor is this one.
  }
  throw invalidOperationToken();
}

function storeSilent(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrStoreUnavailable",
    message:
      "The store that operations are kept in did not answer in time. Ask again later, or read the resource itself.",
    origin: "kernel",
    retry: { retryable: true },
  });
}
