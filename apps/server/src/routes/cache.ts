import {
  cachedQueryForm,
  cachedResourceForm,
  cacheStatsForm,
  encodeCachedResource,
  encodeCacheStats,
  invalidateRequestForm,
  invalidationForm,
  mediaTypes,
  paths,
} from "@cloudlink/client/wire";
import { chooseMediaType } from "../http/media-types.ts";
import type { App } from "../http/zod-types.ts";
import { type RouteDocument, resourceHeaders } from "../openapi/route-document.ts";
import { kindOfRef } from "./find-kind.ts";
import { noQuery } from "./no-query.ts";
import type { RouteServices } from "./route-services.ts";

const shared = { tag: "cache", headers: ["timeout"], callsKernel: true } as const;
const headers = resourceHeaders;

const stats: RouteDocument = {
  ...shared,
  operationId: "getCacheStats",
  summary: "How full the cache is, and how often it answered.",
  answers: { 200: { description: "The counts.", headers, content: { [mediaTypes.json]: cacheStatsForm } } },
};

const cached: RouteDocument = {
  ...shared,
  operationId: "getCachedResource",
  summary: "What is kept of a resource, however old. No vendor is asked.",
  description: "Nothing is an answer, too. That a resource was absent is kept for a moment, and is not told here.",
  answers: { 200: { description: "What is kept.", headers, content: { [mediaTypes.json]: cachedResourceForm } } },
};

const invalidate: RouteDocument = {
  ...shared,
  operationId: "invalidate",
  summary: "Forgets what is kept of a selection, or of everything.",
  description:
    "A read that comes after is answered by nothing that was seen before. Of what has the tags, it is what had them when it was seen.",
  answers: { 200: { description: "It is forgotten.", headers, content: { [mediaTypes.json]: invalidationForm } } },
};

/** `GET /v1/cache`, `GET /v1/cache/resource` and `POST /v1/cache/invalidate`, which ask no vendor. */
export function addCache(app: App, { nexus, calls, nativeIdOf }: RouteServices): void {
  app.get(paths.cache, { schema: { querystring: noQuery }, config: { document: stats } }, async (request, reply) => {
    chooseMediaType(request, [mediaTypes.json]);
    const counted = await calls.run(request, async (ctx) => await nexus.cacheStats(ctx, {}));
    return reply.type(mediaTypes.json).send(encodeCacheStats(counted));
  });
  app.get(
    paths.cachedResource,
    { schema: { querystring: cachedQueryForm }, config: { document: cached } },
    async (request, reply) => {
      chooseMediaType(request, [mediaTypes.json]);
      const { ref } = request.query;
      const kept = await calls.run(request, async (ctx) => {
        return await nexus.cached(ctx, { kind: kindOfRef(nexus, request.query), ref });
      });
      return reply.type(mediaTypes.json).send(encodeCachedResource(kept, nativeIdOf));
    },
  );
  app.post(
    paths.invalidate,
    { schema: { body: invalidateRequestForm, querystring: noQuery }, config: { document: invalidate } },
    async (request, reply) => {
      chooseMediaType(request, [mediaTypes.json]);
      const done = await calls.run(request, async (ctx) => await nexus.invalidate(ctx, request.body));
      return reply.type(mediaTypes.json).send(done);
    },
  );
}
