import { headerNames } from "@cloudlink/client/wire";
import { background, type Context } from "@cloudlink/core";
import type { FastifyRequest } from "fastify";
import type { Exchange } from "./exchange.ts";
import { refused } from "./http-refusal.ts";

/** Whom calls are made for, and how long they may take at most. */
export interface CallBounds {
  readonly tenant: string;
  readonly maxTimeoutMs: number;
}

/**
 * The context of a request's call: its trace, its deadline, and canceled when its client leaves.
 *
 * @throws HttpRefusal, 400, for a timeout that is none
 */
export function contextOf(
  request: FastifyRequest,
  { exchange, bounds }: { exchange: Exchange; bounds: CallBounds },
): Context {
  const timeoutMs = timeoutOf(request, bounds);
  const ctx = background().withTenant(bounds.tenant).withTrace(exchange.trace).withSignal(exchange.signal);
  return timeoutMs === undefined ? ctx : ctx.withTimeout(timeoutMs);
}

function timeoutOf({ headers }: FastifyRequest, { maxTimeoutMs }: CallBounds): number | undefined {
  const given = headers[headerNames.timeout];
  if (given === undefined) return undefined;
  const timeoutMs = typeof given === "string" && /^\d{1,15}$/.test(given) ? Number(given) : 0;
  if (timeoutMs >= 1 && timeoutMs <= maxTimeoutMs) return timeoutMs;
  throw refused(400, {
    message: `${headerNames.timeout} is a whole number of milliseconds, from 1 to ${maxTimeoutMs}, and stands there once.`,
  });
}
