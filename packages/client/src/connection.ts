import { CloudLinkError, type Context, formatTraceparent, quote, untilDone } from "@cloudlink/core";
import type { ClientCall } from "./client-call.ts";
import type { CheckedSettings } from "./client-settings.ts";
import { networkFailure } from "./network-failure.ts";
import { headerNames, mediaTypes } from "./wire/protocol.ts";

/** What is sent. */
export interface OutgoingRequest {
  /** Below the server's URL. */
  readonly path: string;
  readonly query?: URLSearchParams;
  /** Sent as JSON, by POST. */
  readonly body?: unknown;
  /** Media type of the answer; JSON if left out. */
  readonly accept?: string;
  readonly idempotencyKey?: string | undefined;
}

/** A server, as the calls of one client reach it. */
export interface Connection {
  readonly settings: CheckedSettings;
  /** Scheme, host and port, for people. */
  readonly origin: string;
  /** Aborts when the client closes. */
  readonly closing: AbortSignal;
}

/**
 * The response to a request, as soon as its head is there.
 *
 * @throws why the call is over; `unavailable` (`ErrServerUnavailable`) for a server that cannot be reached.
 */
export async function send(
  { settings, origin }: Connection,
  { call, ctx, request }: { readonly call: ClientCall; readonly ctx: Context; readonly request: OutgoingRequest },
): Promise<Response> {
  const { path, query, body, accept = mediaTypes.json } = request;
  const url = `${settings.base}${path}${query === undefined ? "" : `?${query}`}`;
  const headers = await requestHeaders(settings, { call, ctx, request: { ...request, accept } });
  ctx.throwIfDone();
  call.sent = true;
  try {
    const response = settings.fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers,
      signal: call.ctx.signal,
      // What a redirect leads to is not the server that was configured, and headers may hold credentials for that one.
      redirect: "manual",
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return await untilDone(ctx, response);
  } catch (thrown) {
    throwIfOver(ctx, thrown);
    const { error, unsent } = networkFailure(thrown, origin);
    if (unsent) call.sent = false;
    throw error;
  }
}

/** @throws why the call is over, if it is: whatever failed, failed by that. */
export function throwIfOver(ctx: Context, thrown: unknown): void {
  if (CloudLinkError.isInstance(thrown)) throw thrown;
  ctx.throwIfDone();
}

async function requestHeaders(
  settings: CheckedSettings,
  { call, ctx, request }: { readonly call: ClientCall; readonly ctx: Context; readonly request: OutgoingRequest },
): Promise<Headers> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(await callersHeaders(settings, { call, ctx }))) {
    setHeader(headers, name, value);
  }
  headers.set("accept", `${request.accept}, ${mediaTypes.problem}`);
  if (request.body !== undefined) headers.set("content-type", mediaTypes.json);
  // Of the caller's own headers, it would make one wish of all actions.
  headers.delete(headerNames.idempotencyKey);
  if (request.idempotencyKey !== undefined) headers.set(headerNames.idempotencyKey, request.idempotencyKey);
  headers.set(headerNames.traceparent, formatTraceparent(call.trace));
  headers.delete(headerNames.tracestate);
  if (call.trace.traceState !== undefined) setHeader(headers, headerNames.tracestate, call.trace.traceState);
  // What a cache on the way kept would be no answer to this call, and says nothing of how fresh the server's is to be (RFC 9111, 5.2.1.5).
  headers.set("cache-control", "no-store");
  headers.delete(headerNames.timeout);
  const timeoutMs = timeoutFor(call.caller);
  if (timeoutMs !== undefined) headers.set(headerNames.timeout, String(timeoutMs));
  return headers;
}

/** How much earlier than the caller's the server's deadline is: a tenth of what is left, and no more than is needed on any network. */
const HEAD_START = 0.1;
const LONGEST_HEAD_START_MS = 100;

/**
 * What the server is told of the deadline; nothing where there is none. It is told a little less than there is, so that what it has to say at
 * its deadline (of a list, what was read until then and which parts were not) comes before the caller has left.
 */
function timeoutFor(ctx: Context): number | undefined {
  if (ctx.deadlineAt === Number.POSITIVE_INFINITY) return undefined;
  const leftMs = ctx.remainingMs();
  const toldMs = leftMs - Math.min(LONGEST_HEAD_START_MS, leftMs * HEAD_START);
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, Math.floor(toldMs)));
}

async function callersHeaders(
  { headers }: CheckedSettings,
  { call, ctx }: { readonly call: ClientCall; readonly ctx: Context },
): Promise<Readonly<Record<string, string>>> {
  if (typeof headers !== "function") return headers;
  try {
    return await untilDone(ctx, Promise.resolve(headers(call.ctx)));
  } catch (thrown) {
    throwIfOver(ctx, thrown);
    // What it threw is not shown: it deals in credentials.
    throw new CloudLinkError({
      reason: "ErrUnexpected",
      message: "The headers function of the client's settings failed. Have it throw a CloudLinkError to be told more.",
      origin: "caller",
    });
  }
}

function setHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value);
  } catch {
    throw new CloudLinkError({
      reason: "ErrInvalidSettings",
      message: `The header ${quote(name)} has a name or a value that HTTP cannot carry. Its value is not shown.`,
      origin: "caller",
    });
  }
}
