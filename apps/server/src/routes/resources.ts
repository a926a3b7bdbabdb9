import {
  encodeListPage,
  listLineForm,
  listPageForm,
  listQueryForm,
  mediaTypes,
  paths,
  readListQuery,
} from "@cloudlink/client/wire";
import type { Context, Kind, ListPage } from "@cloudlink/core";
import type { ListRequest } from "@cloudlink/core/calls";
import type { Nexus } from "@cloudlink/nexus";
import type { FastifyReply } from "fastify";
import { sendListStream } from "../http/list-stream.ts";
import { chooseMediaType } from "../http/media-types.ts";
import { requestFreshness } from "../http/request-freshness.ts";
import type { App } from "../http/zod-types.ts";
import { type RouteDocument, resourceHeaders } from "../openapi/route-document.ts";
import { findKind } from "./find-kind.ts";
import type { RouteServices } from "./route-services.ts";

const document: RouteDocument = {
  operationId: "listResources",
  summary: "Everything of a kind, over accounts and regions: a page, or all of it as a stream.",
  description:
    "As application/json it is one page, and `nextPageToken` leads on. With `Accept: application/x-ndjson` it is the whole list, a line each, as it arrives: items and problems, a `page` after those of each page, and last `end` or `error`. A stream without either was cut. A part that fails is among the problems while the rest goes on.",
  tag: "resources",
  headers: ["timeout", "cacheControl"],
  callsKernel: true,
  answers: {
    200: {
      description: "A page, or a line of the stream.",
      headers: resourceHeaders,
      content: { [mediaTypes.json]: listPageForm, [mediaTypes.lines]: listLineForm },
    },
  },
};

/** `GET /v1/resources` */
export function addResources(app: App, { nexus, calls, nativeIdOf, stallMs }: RouteServices): void {
  app.get(paths.resources, { schema: { querystring: listQueryForm }, config: { document } }, async (request, reply) => {
    const type = chooseMediaType(request, [mediaTypes.json, mediaTypes.lines]);
    const kind = findKind(nexus, request.query.kind);
    const { maxAgeMs } = requestFreshness(request.headers);
    const wanted = await readListQuery(kind, { ...(maxAgeMs !== undefined && { maxAgeMs }), ...request.query });
    if (request.method === "HEAD") return sendHead(reply.type(type));
    return await calls.run(request, async (ctx, exchange) => {
      if (type === mediaTypes.lines) {
        await sendListStream(reply, { pages: nexus.list(ctx, wanted), ctx, exchange, nativeIdOf, stallMs });
        return reply;
      }
      const page = await firstPage(nexus, { ctx, wanted });
      return reply.type(type).send(encodeListPage(page, nativeIdOf));
    });
  });
}

/** Without a body there is nothing to ask a vendor for: a list has no headers of its own. The framework would say that it has no bytes. */
function sendHead(reply: FastifyReply): FastifyReply {
  reply.hijack();
  const headers = Object.entries(reply.getHeaders()).flatMap(([name, value]) => [name, String(value)]);
  reply.raw.writeHead(200, headers).end();
  return reply;
}

/** One page; leaving the loop ends what the kernel had begun of the next. */
async function firstPage<K extends Kind>(
  nexus: Nexus,
  { ctx, wanted }: { readonly ctx: Context; readonly wanted: ListRequest<K> },
): Promise<ListPage<unknown>> {
  for await (const page of nexus.list(ctx, wanted)) return page;
  throw new Error("the kernel gave a list without a page");
}
