import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { mediaTypes } from "@cloudlink/client/wire";
import { MAX_HEAD_BYTES } from "../server-settings.ts";
import { answerConnectionErrors, type ConnectionAnswers, type ConnectionRefusal } from "./connection-errors.ts";
import type { Exchanges } from "./exchanges.ts";
import { problemOfFailure } from "./failure.ts";
import { refused } from "./http-refusal.ts";
import { noStoreHeaders } from "./no-store-headers.ts";

/** How often connections are looked over for those that take too long: the times above are kept to within this. */
const CHECK_INTERVAL_MS = 1_000;

/** What {@link createNodeServer} takes. */
export interface NodeServerSettings {
  readonly exchanges: Exchanges;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly maxConnections: number;
  readonly onRefusal: ConnectionRefusal;
}

/** A server, and what it answers by itself. */
export interface NodeServer {
  readonly server: Server;
  readonly answers: ConnectionAnswers;
}

/** Node's HTTP server within bounds, and silent about nothing: what it would refuse without a word is a problem document here. */
export function createNodeServer(settings: NodeServerSettings, handler: RequestListener): NodeServer {
  const { exchanges, headersTimeoutMs, requestTimeoutMs } = settings;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, headersTimeoutMs),
      // Node answers to one without a body; it is refused by the guard.
      requireHostHeader: false,
    },
    (request, response) => {
      exchanges.begin(request, response);
      handler(request, response);
    },
  );
  // Beyond this number Node drops headers in silence, an idempotency key among them. How many there may be is for the guard to say.
  server.maxHeadersCount = 0;
  server.maxConnections = settings.maxConnections;
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    const exchange = exchanges.begin(request, response);
    const failure = exchange.failureOf(refused(417, { message: "Expect asks for what is not known here." }));
    exchange.error = failure.error;
    const body = JSON.stringify(problemOfFailure(failure, exchange.trace.traceId));
    response.setHeader("content-length", Buffer.byteLength(body));
    response.writeHead(failure.status, { "content-type": mediaTypes.problem, ...noStoreHeaders }).end(body);
  });
  return { server, answers: answerConnectionErrors(server, exchanges, settings.onRefusal) };
}
