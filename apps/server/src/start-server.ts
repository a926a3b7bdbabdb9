import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { Admission } from "./http/admission.ts";
import { createApp, drainedError, draining } from "./http/app.ts";
import { CallRunner } from "./http/call-runner.ts";
import { Exchanges } from "./http/exchanges.ts";
import { logExchange, logFailure } from "./http/request-log.ts";
import { checkAddress } from "./loopback.ts";
import { addDocumentation } from "./openapi/documentation.ts";
import { gatherDocumentedRoutes } from "./openapi/documented-routes.ts";
import { createOpenApiDocument } from "./openapi/openapi-document.ts";
import { packageVersion } from "./package-version.ts";
import { addActions } from "./routes/actions.ts";
import { addCache } from "./routes/cache.ts";
import { addCatalog } from "./routes/catalog.ts";
import { addGetMany } from "./routes/get-many.ts";
import { addHealth } from "./routes/health.ts";
import { addOperations } from "./routes/operations.ts";
import { addResource } from "./routes/resource.ts";
import { addResources } from "./routes/resources.ts";
import { resolveSettings, type ServerSettings } from "./server-settings.ts";

/** How long, in milliseconds, calls that were canceled at the end have to say so to their clients. */
const GRACE_MS = 1_000;

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly port: number;
  /**
   * Ends it: `/readyz` says 503 at once and new calls are turned away, those that run have `drainMs` to finish and are canceled then, and the
   * connections are closed. Called again, it gives the same promise. The kernel is left open.
   */
  close(): Promise<void>;
}

/**
 * Serves a kernel over HTTP on a loopback address.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for an address that others reach too, or a number that is out of its range; what the system says of a port that is taken (`EADDRINUSE`).
 */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const resolved = resolveSettings(settings);
  const { nexus, address, tenant, maxTimeoutMs, stallMs, drainMs } = resolved;
  checkAddress(address);
  const logger = settings.logger ?? pino({ level: "silent" });
  let isDraining = false;
  const exchanges = new Exchanges((exchange) => logExchange(logger, exchange));
  const { app, connections } = await createApp({
    ...resolved,
    exchanges,
    isDraining: () => isDraining,
    onRefusal: ({ traceId, refusal }) => logFailure(logger, { ...refusal, status: refusal.status, traceId }),
  });
  const services = {
    nexus,
    nativeIdOf: nexus.nativeId,
    stallMs,
    calls: new CallRunner({
      exchanges,
      admission: new Admission(resolved.maxConcurrentCalls),
      bounds: { tenant, maxTimeoutMs },
    }),
    isDraining: () => isDraining,
  };
  const routes = gatherDocumentedRoutes(app);
  const adding = [addResource, addResources, addGetMany, addCache, addActions, addOperations, addCatalog, addHealth];
  for (const add of adding) add(app, services);
  const served = { routes, kinds: nexus.kinds(), version: packageVersion(), maxTimeoutMs };
  await addDocumentation(app, await createOpenApiDocument(served));
  await app.listen({ host: address, port: resolved.port });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
  logger.info({ url }, "listening");

  const end = async () => {
    isDraining = true;
    logger.info({ drainMs }, "draining");
    if (!(await within(drainMs, exchanges.whenIdle()))) {
      connections.refuseUnread(draining());
      exchanges.abortAll(drainedError());
      await within(GRACE_MS, exchanges.whenIdle());
    }
    // Nobody new comes in from here on; what came in meanwhile is on its way out.
    app.server.close();
    await within(GRACE_MS, exchanges.whenIdle());
    await app.close();
    logger.info("closed");
  };
  let ended: Promise<void> | undefined;
  const close = () => {
    ended ??= end();
    return ended;
  };
  return { url, port, close, [Symbol.asyncDispose]: close };
}

async function within(timeoutMs: number, done: Promise<void>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  try {
    return await Promise.race([done.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
