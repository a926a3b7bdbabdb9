import { encodeManyAnswer, getManyRequestForm, manyAnswerForm, mediaTypes, paths } from "@cloudlink/client/wire";
import { chooseMediaType } from "../http/media-types.ts";
import type { App } from "../http/zod-types.ts";
import { type RouteDocument, resourceHeaders } from "../openapi/route-document.ts";
import { findKind } from "./find-kind.ts";
import { noQuery } from "./no-query.ts";
import type { RouteServices } from "./route-services.ts";

const document: RouteDocument = {
  operationId: "getManyResources",
  summary: "The states of many, in as few vendor calls as can be.",
  tag: "resources",
  headers: ["timeout"],
  callsKernel: true,
  answers: {
    200: {
      description: "An outcome per ref.",
      headers: resourceHeaders,
      content: { [mediaTypes.json]: manyAnswerForm },
    },
  },
};

/** `POST /v1/resources/get-many` */
export function addGetMany(app: App, { nexus, calls, nativeIdOf }: RouteServices): void {
  app.post(
    paths.getMany,
    { schema: { body: getManyRequestForm, querystring: noQuery }, config: { document } },
    async (request, reply) => {
      chooseMediaType(request, [mediaTypes.json]);
      const { kind: name, ...wanted } = request.body;
      const kind = findKind(nexus, name);
      const answer = await calls.run(request, async (ctx) => await nexus.getMany(ctx, { kind, ...wanted }));
      return reply.type(mediaTypes.json).send(encodeManyAnswer(answer, nativeIdOf));
    },
  );
}
