import { CloudLinkError, type Context, type ScopeKey } from "@cloudlink/core";
import { createSignedTokens } from "./signed-token.ts";

/** How long an operation can be followed, and a key is known, in milliseconds: a day. What has not ended by then is read from the resource. */
export const OPERATION_TTL_MS = 24 * 60 * 60 * 1000;

/** What an operation's token holds, or leads to in a store: all that it takes to go on with it in another process. */
export interface OperationTicket {
  /** Canonical ref of the resource. */
  readonly ref: string;
  /** Major version of its kind. */
  readonly major: number;
  readonly action: string;
  readonly idempotencyKey: string;
  /** The scope that the action was carried out in: it is followed as nobody else. */
  readonly scope: ScopeKey;
  /** The provider's own token while it runs; left out when it was done at once. */
  readonly running?: string;
  /** In milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A token that was followed, and what it stood for. */
export interface FollowedToken {
  readonly token: string;
  readonly ticket: OperationTicket;
}

/** Makes and reads the tokens by which operations are followed. */
export interface OperationTokens {
  /**
   * The token of an operation that has come as far as its ticket says. It does not fail: the action was accepted, and its caller is to hear of it.
   *
   * @param operation - `followed` led here, and may go on to be the operation's token.
   */
  issue(
    ctx: Context,
    operation: { readonly ticket: OperationTicket; readonly followed: FollowedToken | undefined },
  ): string | Promise<string>;
  /**
   * @throws `invalid_argument` (`ErrInvalidOperationToken`) for a token that was altered, is of another version, or belongs to another tenant;
   *   `failed_precondition` (`ErrExpiredOperationToken`); `unavailable` (`ErrStoreUnavailable`) when the store of tickets cannot be asked.
   */
  read(ctx: Context, token: string): OperationTicket | Promise<OperationTicket>;
}

/** Tokens that hold their tickets, signed. */
export function createSignedOperationTokens(key: Uint8Array): OperationTokens {
  const tokens = createSignedTokens<OperationTicket>({
    key,
    purpose: "operation",
    version: 1,
    // A ref of 4 KB and a provider's token of 8 KB, which may hold a URL of 4 KB, packed; it goes into a URL itself.
    longestToken: 24 * 1024,
    longestPayload: 64 * 1024,
  });
  return {
    issue: (ctx, { ticket }) => tokens.issue(ticket, [ctx.tenant]),
    read(ctx, token) {
      const ticket = tokens.read(token, [ctx.tenant]);
      if (ticket === undefined) throw invalidOperationToken();
      checkNotExpired(ctx, ticket);
      return ticket;
    },
  };
}

/** @throws `failed_precondition` (`ErrExpiredOperationToken`). */
export function checkNotExpired({ clock }: Context, ticket: OperationTicket): void {
  if (ticket.expiresAt > clock.nowMs()) return;
  throw new CloudLinkError({
    reason: "ErrExpiredOperationToken",
    message: "The operation token is older than a day. Read the resource itself to see how it stands.",
    origin: "caller",
    ref: ticket.ref,
  });
}

/** The error for a token that belongs elsewhere. */
export function invalidOperationToken(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrInvalidOperationToken",
    message:
      "The operation token is not good here: it was altered, made for another tenant, credential role, version, key or store, or is long over. Give it as it was handed out.",
    origin: "caller",
  });
}
