import { encodeOperation, mediaTypes, operationForm, operationTokenForm, paths } from "@cloudlink/client/wire";
import { z } from "zod";
import { chooseMediaType } from "../http/media-types.ts";
import type { App } from "../http/zod-types.ts";
import { type RouteDocument, resourceHeaders } from "../openapi/route-document.ts";
import { noQuery } from "./no-query.ts";
import { setOperationHeaders } from "./operation-headers.ts";
import type { RouteServices } from "./route-services.ts";

const document: RouteDocument = {
  operationId: "getOperation",
  summary: "How an action that was accepted stands now.",
  description: "Any server with the same token key can be asked. What the action failed by is the failure of this.",
  tag: "actions",
  headers: ["timeout"],
  callsKernel: true,
  answers: {
    200: {
      description: "How it stands.",
      headers: [...resourceHeaders, "retry-after"],
      content: { [mediaTypes.json]: operationForm },
    },
  },
};

const params = z.strictObject({ token: operationTokenForm });

/** `GET /v1/operations/{token}` */
export function addOperations(app: App, { nexus, calls, nativeIdOf }: RouteServices): void {
  const schema = { params, querystring: noQuery };
  app.get(`${paths.operations}/:token`, { schema, config: { document } }, async (request, reply) => {
    chooseMediaType(request, [mediaTypes.json]);
    const { token } = request.params;
    const operation = await calls.run(request, async (ctx) => await nexus.operation(ctx, { token }));
    setOperationHeaders(reply, operation);
    return reply.type(mediaTypes.json).send(encodeOperation(operation, nativeIdOf));
  });
}
