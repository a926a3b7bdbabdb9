import { CloudLinkError } from "@cloudlink/core";
import type { Logger } from "pino";
import type { Exchange } from "./exchange.ts";

/** How far a chain of causes is followed. */
const DEEPEST = 8;

/** From here on a failure is this side's. */
const SERVER_FAULT = 500;

/**
 * Writes what became of a request: a line for each, and another for a failure. Neither has anything that the caller sent but the trace id: no path,
 * query, header or body, which may hold what is nobody's business.
 */
export function logExchange(logger: Logger, exchange: Exchange): void {
  const { method, route, status, error, trace } = exchange;
  const durationMs = Math.round((performance.now() - exchange.startedAt) * 10) / 10;
  logger.info({ traceId: trace.traceId, method, route, status, code: error?.code ?? "ok", durationMs }, "request");
  if (error !== undefined) logFailure(logger, { error, status, traceId: trace.traceId });
}

/** Writes why something failed: the error's fields that are fit for it, and the codes of what it came from. */
export function logFailure(
  logger: Logger,
  failure: { readonly error: CloudLinkError; readonly status: number; readonly traceId: string },
): void {
  const { error, status, traceId } = failure;
  const { code, reason, origin, effect, provider, operation } = error;
  const level = status >= SERVER_FAULT ? "error" : "warn";
  logger[level](
    {
      traceId,
      status,
      code,
      reason,
      origin,
      effect,
      provider,
      operation,
      causes: causesOf(error),
      frames: framesOf(error),
    },
    "failed",
  );
}

/** What each error of the chain is called: messages may have anything in them. */
function causesOf(error: CloudLinkError): readonly string[] {
  return chainOf(error).map(nameOf);
}

function chainOf(error: CloudLinkError): readonly Error[] {
  const chain: Error[] = [];
  for (let cause = error.cause; cause instanceof Error && chain.length < DEEPEST; cause = cause.cause)
    chain.push(cause);
  return chain;
}

function nameOf(cause: Error): string {
  if (CloudLinkError.isInstance(cause)) return cause.reason;
  const { code } = cause as { readonly code?: unknown };
  return typeof code === "string" && /^\w{1,64}$/.test(code) ? code : cause.name;
}

/** Where what nobody expected comes from, of a fault in this process; without its message, which the stack begins with. */
function framesOf(error: CloudLinkError): readonly string[] | undefined {
  if (error.code !== "unknown" && error.code !== "internal") return undefined;
  const foreign = chainOf(error).find((cause) => !CloudLinkError.isInstance(cause));
  const lines = foreign?.stack?.split("\n").map((line) => line.trim());
  return lines?.filter((line) => /^at .*:\d+:\d+\)?$/.test(line)).slice(0, DEEPEST);
}
