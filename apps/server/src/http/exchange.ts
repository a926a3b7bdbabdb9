import type { IncomingMessage, ServerResponse } from "node:http";
import { headerNames } from "@cloudlink/client/wire";
import {
  CloudLinkError,
  createSpanId,
  createTraceId,
  formatTraceparent,
  parseTraceparent,
  type TraceContext,
} from "@cloudlink/core";

import type { HttpRefusal } from "./http-refusal.ts";

/** A request and its response, from the first header to the last byte: what the log says of it, and how its call is ended early. */
export class Exchange {
  /** The server's own span in the caller's trace, or in one that begins here. */
  readonly trace: TraceContext;
  readonly startedAt = performance.now();
  readonly method: string;
  /** The pattern of the route, never the path itself, which has the caller's values in it. */
  route = "-";
  /** What it failed by. */
  error: CloudLinkError | undefined;
  readonly #response: ServerResponse;
  readonly #over = new AbortController();
  #elsewhere: number | undefined;
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#response = response;
    this.method = request.method ?? "-";
    const { traceparent, tracestate } = request.headers;
    const caller =
      typeof traceparent === "string"
        ? parseTraceparent(traceparent, typeof tracestate === "string" ? tracestate : undefined)
        : undefined;
    this.trace = { traceId: createTraceId(), sampled: false, ...caller, spanId: createSpanId() };
    response.setHeader(headerNames.traceparent, formatTraceparent(this.trace));
    response.setHeader("x-content-type-options", "nosniff");
  }

  /** Aborts when nobody waits for the answer any more, or the server will not give it. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Whether the response has reached its end, and the system has it. */
  get isAnswered(): boolean {
    return this.#response.writableFinished;
  }

  /** The request's status; 499 for one whose client left before its answer was complete (as nginx writes it into its log, and only there). */
  get status(): number {
    return this.#elsewhere ?? (this.isAnswered ? this.#response.statusCode : 499);
  }

  /** The answer was written to the connection itself, since there was no more to be had of the request. */
  refuseElsewhere({ status, error }: HttpRefusal): void {
    this.#elsewhere = status;
    this.abort(error);
  }

  /** Whether the request has come whole, or anything of the response has gone. */
  hasBegunToAnswer(request: IncomingMessage): boolean {
    return this.#response.headersSent || request.complete;
  }

  /** Ends the call early. What waits for its answer gets `reason`, if it still can be told. */
  abort(reason: CloudLinkError): void {
    this.error ??= reason;
    this.#over.abort(reason);
  }

  /** Cuts the reader off unless `isAnswered` within `stallMs`, or the watch is ended before. */
  watchStall(stallMs: number): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = setTimeout(() => {
      this.abort(stalled(stallMs));
      this.#response.destroy();
    }, stallMs).unref();
  }

  endStallWatch(): void {
    clearTimeout(this.#stallTimer);
  }
}

function stalled(stallMs: number): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrCanceled",
    message: `The client did not take what was sent within ${stallMs} ms, and was cut off.`,
    origin: "caller",
  });
}
