import type { IncomingMessage, ServerResponse } from "node:http";
import { headerNames, paths } from "@cloudlink/client/wire";
import {
  CloudLinkError,
  createSpanId,
  createTraceId,
  formatTraceparent,
  parseTraceparent,
  type TraceContext,
} from "@cloudlink/core";
import { type Failure, failureOf } from "./failure.ts";

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
  /** Whether the kernel was called. Until then nothing can have been done. */
  hasCalled = false;
  readonly #isAction: boolean;
  readonly #response: ServerResponse;
  readonly #over = new AbortController();
  #elsewhere: number | undefined;
  #hasStallWatch = false;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#response = response;
    this.method = request.method ?? "-";
    this.#isAction = this.method === "POST" && actionsTarget.test(request.url ?? "");
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

  /** Whatever was thrown, as it is answered here: of an action it says that nothing was done, where that is certain. */
  failureOf(thrown: unknown): Failure {
    const failure = failureOf(thrown);
    if (!this.#isAction || this.hasCalled || failure.error.effect !== undefined) return failure;
    return { ...failure, error: failure.error.with({ effect: "none" }) };
  }

  /** The answer was written to the connection itself, since there was no more to be had of the request. */
  answerElsewhere({ status, error }: Failure): void {
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

  /**
   * From now on cuts the reader off when the system has taken nothing for it for `stallMs`, at the latest after twice as long. The time
   * does not run before the response has its turn on the connection.
   */
  watchStall(stallMs: number): void {
    const response = this.#response;
    // Nobody is left to be cut off, and the timer would keep what was to be sent.
    if (response.destroyed) return;
    if (!this.#hasStallWatch) {
      this.#hasStallWatch = true;
      response.on("timeout", () => {
        this.abort(stalled(stallMs));
        response.destroy();
      });
      // Before Node hands the connection on to the next response, whose call may take as long as it likes.
      response.prependOnceListener("finish", () => this.endStallWatch());
    }
    // Unlike `drain`, the socket's own timer sees what goes of a large write before all of it has.
    response.setTimeout(stallMs);
  }

  endStallWatch(): void {
    this.#response.setTimeout(0);
  }
}

/** The target of an action, also in absolute form. */
const actionsTarget = new RegExp(`^(?:[a-z][a-z0-9+.-]*://[^/?#]*)?${paths.actions}(?:[?#]|$)`, "i");

function stalled(stallMs: number): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrCanceled",
    message: `The client took nothing of what was sent for ${stallMs} ms, and was cut off.`,
    origin: "caller",
  });
}
