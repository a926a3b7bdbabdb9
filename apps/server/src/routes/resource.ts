import { answerForm, encodeAnswer, getQueryForm, mediaTypes, paths } from "@cloudlink/client/wire";
import { chooseMediaType } from "../http/media-types.ts";
import type { App } from "../http/zod-types.ts";
import { type RouteDocument, resourceHeaders } from "../openapi/route-document.ts";
import { kindOfRef } from "./find-kind.ts";
import type { RouteServices } from "./route-services.ts";

const document: RouteDocument = {
  operationId: "getResource",
  summary: "The state of one resource, asked of the vendor now.",
  tag: "resources",
  headers: ["timeout"],
  callsKernel: true,
  answers: {
    200: { description: "Its state.", headers: resourceHeaders, content: { [mediaTypes.json]: answerForm } },
  },
};

/** `GET /v1/resource` */
export function addResource(app: App, { nexus, calls, nativeIdOf }: RouteServices): void {
  app.get(paths.resource, { schema: { querystring: getQueryForm }, config: { document } }, async (request, reply) => {
    chooseMediaType(request, [mediaTypes.json]);
    const { ref, kind: name, ...options } = request.query;
    const answer = await calls.run(request, async (ctx) => {
      return await nexus.get(ctx, { kind: kindOfRef(nexus, { ref, kind: name }), ref, ...options });
    });
    return reply.type(mediaTypes.json).send(encodeAnswer(answer, nativeIdOf));
  });
}
