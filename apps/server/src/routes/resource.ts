import { answerForm, encodeAnswer, getQueryForm, mediaTypes, paths } from "@cloudlink/client/wire";
import { freshnessHeaders } from "../http/answer-freshness.ts";
import { entityTagOf, isNamedBy } from "../http/entity-tag.ts";
import { chooseMediaType } from "../http/media-types.ts";
import { requestFreshness } from "../http/request-freshness.ts";
import type { App } from "../http/zod-types.ts";
import { type DocumentedHeader, type RouteDocument, resourceHeaders } from "../openapi/route-document.ts";
import { kindOfRef } from "./find-kind.ts";
import type { RouteServices } from "./route-services.ts";

/** Of an answer with a body and of one without: what a cache needs to go on with what it has (RFC 9110, 15.4.5). */
const headers: readonly DocumentedHeader[] = [...resourceHeaders, "age", "etag"];

const document: RouteDocument = {
  operationId: "getResource",
  summary: "The state of one resource, no older than asked for.",
  tag: "resources",
  headers: ["timeout", "cacheControl", "ifNoneMatch"],
  callsKernel: true,
  answers: {
    200: { description: "Its state.", headers, content: { [mediaTypes.json]: answerForm } },
    304: { description: "Its state is the one that If-None-Match names. How fresh that is, Age says.", headers },
  },
};

/** `GET /v1/resource` */
export function addResource(app: App, { nexus, calls, nativeIdOf }: RouteServices): void {
  app.get(paths.resource, { schema: { querystring: getQueryForm }, config: { document } }, async (request, reply) => {
    chooseMediaType(request, [mediaTypes.json]);
    const { ref, kind: name, ...options } = request.query;
    const wanted = { ...requestFreshness(request.headers), ...options };
    const answer = await calls.run(request, async (ctx) => {
      return await nexus.get(ctx, { kind: kindOfRef(nexus, { ref, kind: name }), ref, ...wanted });
    });
    const form = encodeAnswer(answer, nativeIdOf);
    const tag = entityTagOf(form);
    reply.headers({ ...freshnessHeaders(options, answer.freshness), etag: tag });
    if (isNamedBy(request.headers["if-none-match"], tag)) return reply.code(304).send();
    return reply.type(mediaTypes.json).send(form);
  });
}
