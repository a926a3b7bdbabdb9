import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { mediaTypes } from "@cloudlink/client/wire";
import { CloudLinkError } from "@cloudlink/core";
import accepts from "@fastify/accepts";
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { MAX_BODY_BYTES, MAX_URL_BYTES } from "../server-settings.ts";
import { readJsonBodies } from "./body-parser.ts";
import type { ConnectionAnswers } from "./connection-errors.ts";
import type { Exchanges } from "./exchanges.ts";
import { problemOfFailure } from "./failure.ts";
import { guardOrigin, guardRequest } from "./guard.ts";
import { type HttpRefusal, refused } from "./http-refusal.ts";
import { noStoreHeaders } from "./no-store-headers.ts";
import { createNodeServer, type NodeServerSettings } from "./node-server.ts";
import { parseQuery } from "./query-string.ts";
import { validatorOf } from "./request-validator.ts";
import { watchRoutes } from "./route-table.ts";
import type { App } from "./zod-types.ts";

/** What {@link createApp} takes. */
export interface AppSettings extends NodeServerSettings {
  readonly exchanges: Exchanges;
  readonly stallMs: number;
  isDraining(): boolean;
}

/** The HTTP layer without routes: what it refuses, how failures look, how requests are read. */
export async function createApp(
  settings: AppSettings,
): Promise<{ readonly app: App; readonly connections: ConnectionAnswers }> {
  const { exchanges, isDraining, stallMs } = settings;
  let connections: ConnectionAnswers | undefined;
  const app: App = fastify<Server, IncomingMessage, ServerResponse>({
    serverFactory: (handler) => {
      const { server, answers } = createNodeServer(settings, handler);
      connections = answers;
      return server;
    },
    // The parser's own errors are answered at the server.
    clientErrorHandler: () => {},
    frameworkErrors: (error, request, reply) => {
      answerFailure(error, request, reply);
    },
    bodyLimit: MAX_BODY_BYTES,
    return503OnClosing: false,
    forceCloseConnections: true,
    routerOptions: {
      querystringParser: (text) => ({ ...parseQuery(text) }),
      maxParamLength: MAX_URL_BYTES,
      ignoreTrailingSlash: false,
    },
  });
  app.setValidatorCompiler(validatorOf);
  app.setReplySerializer(formatJson);
  readJsonBodies(app);
  const routes = watchRoutes(app);
  app.addHook("onRequest", async (request, reply) => {
    const exchange = exchanges.of(request.raw);
    const { url, config } = request.routeOptions;
    exchange.route = url ?? "-";
    if (isDraining()) {
      reply.header("connection", "close");
      if (config.isOpen !== true) throw draining();
    }
    guardRequest(request, routes);
    if (config.document !== undefined && config.isOpen !== true) guardOrigin(request);
    if (config.document?.callsKernel === true) reply.headers(noStoreHeaders);
  });
  // From here on it is the reader that decides how long it takes.
  app.addHook("onSend", async (request) => exchanges.of(request.raw).watchStall(stallMs));
  app.setErrorHandler((error, request, reply) => answerFailure(error, request, reply));
  app.setNotFoundHandler((request) => {
    throw routes.refuse(request.method, request.raw.url ?? "/");
  });
  await app.register(accepts);
  if (connections === undefined) throw new Error("the framework made no server");
  return { app, connections };

  function answerFailure(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const exchange = exchanges.of(request.raw);
    const failure = exchange.failureOf(thrown);
    exchange.error ??= failure.error;
    // Where the framework would close on a body that it did not read, the client might never see why: it is read to its end and dropped.
    if (!isDraining() && reply.hasHeader("connection")) reply.removeHeader("connection");
    void reply
      .code(failure.status)
      .headers(failure.headers)
      .headers(noStoreHeaders)
      .type(mediaTypes.problem)
      .send(formatJson(problemOfFailure(failure, exchange.trace.traceId)));
  }
}

/** With a line end: most of the first answers that somebody sees are in a terminal. */
function formatJson(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** What is said to calls that come while the server ends. */
export function draining(): HttpRefusal {
  return refused(503, {
    reason: "ErrServerUnavailable",
    message: "The server is about to end and takes no more calls. Nothing was done. Ask another, or again in a second.",
    retryAfterMs: 1_000,
  });
}

/** What calls end by that are still running when the server cannot wait any longer. */
export function drainedError(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrServerUnavailable",
    message: "The server is about to end and could not wait for the call any longer.",
    origin: "kernel",
    retry: { retryable: true, afterMs: 1_000 },
  });
}
