import type { FastifyInstance, RouteOptions } from "fastify";
import { z } from "zod";
import type { DocumentedRoute } from "./openapi-document.ts";

/** Gathers the routes with a document that are added from now on. */
export function gatherDocumentedRoutes(app: FastifyInstance): readonly DocumentedRoute[] {
  const routes: DocumentedRoute[] = [];
  app.addHook("onRoute", ({ url, method, config, schema }: RouteOptions) => {
    const { document } = config ?? {};
    // HEAD comes with every GET, and says the same.
    if (document === undefined || method === "HEAD") return;
    routes.push({ url, method: String(method), document, ...parts(schema) });
  });
  return routes;
}

function parts({ querystring, params, body }: NonNullable<RouteOptions["schema"]> = {}) {
  return {
    ...(querystring instanceof z.ZodType && { query: querystring }),
    ...(params instanceof z.ZodType && { path: params }),
    ...(body instanceof z.ZodType && { body }),
  };
}
