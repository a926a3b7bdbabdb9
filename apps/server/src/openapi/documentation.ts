import swagger, { type StaticDocumentSpec } from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { noQuery } from "../routes/no-query.ts";
import type { OpenApiDocument } from "./openapi-document.ts";

/**
 * What the documentation page may load: the server's own scripts and styles, and the pictures inside of them. Nothing comes from elsewhere, nothing
 * inline runs, and no other page may frame it.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** `GET /openapi.json`, and `/docs`: the same to read and to try. */
export async function addDocumentation(app: FastifyInstance, document: OpenApiDocument): Promise<void> {
  const text = JSON.stringify(document);
  const schema = { querystring: noQuery };
  app.get("/openapi.json", { schema, config: { isOpen: true } }, async (_request, reply) => {
    return reply.type("application/json").header("cache-control", "no-cache").send(text);
  });
  // Its types know OpenAPI up to 3.0; in this mode it hands the document on as it is.
  const specification = { document } as unknown as StaticDocumentSpec;
  await app.register(swagger, { mode: "static", specification });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    uiConfig: { docExpansion: "list", tryItOutEnabled: true, persistAuthorization: false },
    theme: { title: "CloudLink" },
    staticCSP: contentSecurityPolicy,
  });
}
