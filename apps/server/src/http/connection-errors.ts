import { type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { headerNames, mediaTypes } from "@cloudlink/client/wire";
import { createSpanId, createTraceId, formatTraceparent } from "@cloudlink/core";
import type { Exchanges } from "./exchanges.ts";
import { type Failure, failureOf, problemOfFailure } from "./failure.ts";
import { type HttpRefusal, refused } from "./http-refusal.ts";
import { noStoreHeaders } from "./no-store-headers.ts";

/** What Node's parser says of a request that it refuses. */
interface ParserError extends NodeJS.ErrnoException {
  /** The last piece that was read. */
  readonly rawPacket?: Buffer;
  /** How far into that piece it came. */
  readonly bytesParsed?: number;
}

/** How long, in milliseconds, a connection is read on after its last answer: one that is closed with unread bytes is reset, and the answer lost with it. */
const LINGER_MS = 1_000;

/** Told of what was refused before it was a request. */
export type ConnectionRefusal = (refusal: { readonly traceId: string; readonly refusal: HttpRefusal }) => void;

/** What is answered on connections themselves. */
export interface ConnectionAnswers {
  /** Refuses every request that has not come whole, and closes its connection. */
  refuseUnread(refusal: HttpRefusal): void;
}

/** Answers what Node's HTTP parser refuses, and what it would answer by itself, with problem documents. */
export function answerConnectionErrors(
  server: Server,
  exchanges: Exchanges,
  onRefusal: ConnectionRefusal,
): ConnectionAnswers {
  const refusedSockets = new WeakSet<Duplex>();
  const refuse = (socket: Socket, refusal: HttpRefusal) => {
    refusedSockets.add(socket);
    // The one whose body does not come, or is broken: there is no other to which nothing was answered.
    const [exchange] = exchanges.on(socket).map(([each]) => each);
    const traceId = exchange?.trace.traceId ?? createTraceId();
    const failure = exchange === undefined ? failureOf(refusal) : exchange.failureOf(refusal);
    exchange?.answerElsewhere(failure);
    if (exchange === undefined) onRefusal({ traceId, refusal });
    socket.end(rawAnswer(failure, traceId));
    socket.resume();
    const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once("close", () => clearTimeout(linger));
  };
  server.on("clientError", (error: ParserError, socket: Socket) => {
    // The parser goes on to complain about what comes behind.
    if (refusedSockets.has(socket)) return;
    if (error.code === "ECONNRESET" || !socket.writable || hasAnswerUnderWay(socket, exchanges)) {
      socket.destroy();
      return;
    }
    refuse(socket, refusalOf(error));
  });
  // Without a listener Node closes the connection without a word.
  server.on("connect", (_request, duplex) => {
    const socket = duplex as Socket;
    // Whatever is open before it would have this answer for its own.
    if (exchanges.on(socket).length > 0) socket.destroy();
    else refuse(socket, refused(400, { message: "CONNECT asks for a proxy, and this server is none." }));
  });
  return {
    refuseUnread(refusal) {
      for (const socket of exchanges.sockets()) {
        if (socket.writable && !hasAnswerUnderWay(socket, exchanges)) refuse(socket, refusal);
      }
    },
  };
}

/** Whether a client would take another answer on this connection for the one it waits for, or for the rest of it. */
function hasAnswerUnderWay(socket: Socket, exchanges: Exchanges): boolean {
  return exchanges.on(socket).some(([exchange, request]) => exchange.hasBegunToAnswer(request));
}

function refusalOf({ code, rawPacket, bytesParsed }: ParserError): HttpRefusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      // The parser does not say which of both it was. Where no line has ended in the last piece until it was too much, it was one long line: the
      // target, as a rule.
      return rawPacket?.subarray(0, bytesParsed).includes("\n") === false
        ? refused(414, {
            message: "The request target, or a single header, is too long. Send refs in the body of a get-many.",
          })
        : refused(431, { message: "The headers are too large." });
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refused(408, { message: "The request did not come in time.", retryable: true });
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return refused(413, { message: "The body's chunks have too much beside them." });
    default:
      return refused(400, { message: "This is not HTTP/1.1." });
  }
}

function rawAnswer(failure: Failure, traceId: string): string {
  const body = JSON.stringify(problemOfFailure(failure, traceId));
  return [
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status] ?? ""}`,
    `date: ${new Date().toUTCString()}`,
    `${headerNames.traceparent}: ${formatTraceparent({ traceId, spanId: createSpanId(), sampled: false })}`,
    "x-content-type-options: nosniff",
    ...Object.entries({ ...failure.headers, ...noStoreHeaders }).map(([name, value]) => `${name}: ${value}`),
    `content-type: ${mediaTypes.problem}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
}
