import {
  actionRequestForm,
  dryRunForm,
  encodeDryRun,
  encodeOperation,
  headerNames,
  idempotencyKeyHeader,
  mediaTypes,
  operationForm,
  paths,
} from "@cloudlink/client/wire";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { refused } from "../http/http-refusal.ts";
import { chooseMediaType } from "../http/media-types.ts";
import type { App } from "../http/zod-types.ts";
import { type RouteDocument, resourceHeaders } from "../openapi/route-document.ts";
import { kindOfRef } from "./find-kind.ts";
import { noQuery } from "./no-query.ts";
import { setOperationHeaders } from "./operation-headers.ts";
import type { RouteServices } from "./route-services.ts";

const document: RouteDocument = {
  operationId: "act",
  summary: "Carries out an action on a resource, or says what it would do.",
  description:
    "Give an `Idempotency-Key`, and however often the request is sent, within a day, the action is carried out once. A failure says by `effect` whether anything was done: `none`, `unknown` or `done`.",
  tag: "actions",
  headers: ["timeout", "idempotencyKey"],
  callsKernel: true,
  answers: {
    200: {
      description: "It is done; or, of a dry run, what it would do.",
      headers: [...resourceHeaders, "location"],
      content: { [mediaTypes.json]: z.union([operationForm, dryRunForm]) },
    },
    202: {
      description: "The vendor has accepted it and carries it out. Location leads to how it stands.",
      headers: [...resourceHeaders, "location", "retry-after"],
      content: { [mediaTypes.json]: operationForm },
    },
  },
};

/** `POST /v1/actions` */
export function addActions(app: App, { nexus, calls, nativeIdOf }: RouteServices): void {
  app.post(
    paths.actions,
    { schema: { body: actionRequestForm, querystring: noQuery }, config: { document } },
    async (request, reply) => {
      chooseMediaType(request, [mediaTypes.json]);
      const { ref, action, dryRun, kind: name } = request.body;
      const idempotencyKey = idempotencyKeyOf(request);
      const kind = kindOfRef(nexus, { ref, kind: name });
      reply.type(mediaTypes.json);
      if (dryRun === true) {
        const tried = await calls.run(request, async (ctx) => await nexus.dryRun(ctx, { kind, ref, action }));
        return reply.send(encodeDryRun(tried, nativeIdOf));
      }
      const operation = await calls.run(request, async (ctx) => {
        return await nexus.act(ctx, { kind, ref, action, ...(idempotencyKey !== undefined && { idempotencyKey }) });
      });
      setOperationHeaders(reply, operation);
      const status = operation.status.state === "done" ? 200 : 202;
      return reply
        .code(status)
        .header("location", `${paths.operations}/${encodeURIComponent(operation.token)}`)
        .send(encodeOperation(operation, nativeIdOf));
    },
  );
}

function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const given = headers[headerNames.idempotencyKey];
  if (given === undefined) return undefined;
  const { success, data } = idempotencyKeyHeader.safeParse(given);
  if (success) return data;
  throw refused(400, {
    message:
      "Idempotency-Key is 1 to 255 printable ASCII characters without spaces, such as a UUID, and stands there once.",
  });
}
