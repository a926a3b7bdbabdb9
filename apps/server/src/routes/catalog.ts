import {
  encodeKind,
  encodeKindWithSchema,
  encodeProvider,
  kindName,
  kindsForm,
  kindWithSchemaForm,
  mediaTypes,
  paths,
  providersForm,
} from "@cloudlink/client/wire";
import { z } from "zod";
import { refused } from "../http/http-refusal.ts";
import { chooseMediaType } from "../http/media-types.ts";
import type { App } from "../http/zod-types.ts";
import type { RouteDocument } from "../openapi/route-document.ts";
import { noQuery } from "./no-query.ts";
import type { RouteServices } from "./route-services.ts";

const kinds: RouteDocument = {
  operationId: "listKinds",
  summary: "The kinds of resources there are.",
  tag: "catalog",
  callsKernel: false,
  answers: { 200: { description: "Every kind that a provider serves.", content: { [mediaTypes.json]: kindsForm } } },
};

const kind: RouteDocument = {
  operationId: "getKind",
  summary: "A kind, with the JSON Schema of its values.",
  tag: "catalog",
  callsKernel: false,
  answers: { 200: { description: "The kind.", content: { [mediaTypes.json]: kindWithSchemaForm } } },
};

const providers: RouteDocument = {
  operationId: "listProviders",
  summary: "The providers, what they can do, and the limits of their vendors.",
  tag: "catalog",
  callsKernel: false,
  answers: { 200: { description: "The providers.", content: { [mediaTypes.json]: providersForm } } },
};

/** `GET /v1/kinds`, `/v1/kinds/{name}` and `/v1/providers`, which ask no vendor. */
export function addCatalog(app: App, { nexus }: RouteServices): void {
  const plain = { querystring: noQuery };
  app.get(paths.kinds, { schema: plain, config: { document: kinds } }, async (request) => {
    chooseMediaType(request, [mediaTypes.json]);
    return { kinds: nexus.kinds().map(encodeKind) };
  });
  const schema = { querystring: noQuery, params: z.strictObject({ name: kindName }) };
  app.get(`${paths.kinds}/:name`, { schema, config: { document: kind } }, async (request) => {
    chooseMediaType(request, [mediaTypes.json]);
    const found = nexus
      .kinds()
      .filter(({ name }) => name === request.params.name)
      .sort((left, right) => right.major - left.major);
    // Named in a path, a kind that is not there is a thing that was not found.
    if (found[0] === undefined) {
      throw refused(404, { reason: "ErrUnknownKind", message: `There is no such kind here. ${paths.kinds} has all.` });
    }
    return await encodeKindWithSchema(found[0]);
  });
  app.get(paths.providers, { schema: plain, config: { document: providers } }, async (request) => {
    chooseMediaType(request, [mediaTypes.json]);
    return { providers: nexus.providers().map(encodeProvider) };
  });
}
