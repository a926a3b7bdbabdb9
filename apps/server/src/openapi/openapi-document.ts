import {
  cacheControlHeader,
  headerNames,
  idempotencyKeyHeader,
  ifNoneMatchHeader,
  mediaTypes,
  timeoutHeader,
} from "@cloudlink/client/wire";
import type { Kind } from "@cloudlink/core";
import type { z } from "zod";
import { Components, type JsonSchema } from "./components.ts";
import { failureResponses, failuresOf } from "./failures.ts";
import type { DocumentedAnswer, DocumentedHeader, RouteDocument } from "./route-document.ts";

/** A route, and the schemas that its requests are held against. */
export interface DocumentedRoute {
  readonly method: string;
  /** As the framework writes it: `/v1/kinds/:name`. */
  readonly url: string;
  readonly document: RouteDocument;
  readonly query?: z.ZodType;
  readonly path?: z.ZodType;
  readonly body?: z.ZodType;
}

/** An OpenAPI document, version 3.1. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

const responseHeaders: Readonly<
  Record<DocumentedHeader, { readonly description: string; readonly schema: JsonSchema }>
> = {
  age: {
    description:
      "How long ago the vendor was asked, in whole seconds, rounded up; of an answer with a body, `freshness` has it to the millisecond. Left out where it was asked for this request.",
    schema: { type: "string", pattern: "^[0-9]+$" },
  },
  allow: { description: "The methods that the path has.", schema: { type: "string" } },
  "cache-control": {
    description:
      "Who may keep the answer. Of the state of one resource, the caller's own cache: as long as `maxAgeMs` of the query says, counted from the observation (`Age`), or else until it has asked here again. Of everything else, and of failures, nobody.",
    schema: { type: "string" },
  },
  etag: {
    description:
      "Names the state, view and value, of this resource: the same as long as they are the same, in every process. A weak one.",
    schema: { type: "string", pattern: '^W/".*"$' },
  },
  location: { description: "Where the operation is asked about.", schema: { type: "string" } },
  "retry-after": {
    description: "Whole seconds before it makes sense to ask again.",
    schema: { type: "string", pattern: "^[0-9]+$" },
  },
  traceparent: {
    description: "W3C Trace Context: the server's span in the caller's trace, or in one that began with the request.",
    schema: { type: "string", pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$" },
  },
  vary: { description: "What of the request the answer depends on.", schema: { type: "string" } },
};

const requestHeaders = {
  timeout: { name: headerNames.timeout, schema: timeoutHeader },
  idempotencyKey: { name: headerNames.idempotencyKey, schema: idempotencyKeyHeader },
  cacheControl: { name: "cache-control", schema: cacheControlHeader },
  ifNoneMatch: { name: "if-none-match", schema: ifNoneMatchHeader },
} as const;

/** The document of the routes: the schemas that requests are held against and answers are typed by, and those of the kinds. */
export async function createOpenApiDocument(settings: {
  readonly routes: readonly DocumentedRoute[];
  readonly kinds: readonly Kind[];
  readonly version: string;
  /** The longest deadline that a caller may ask for. */
  readonly maxTimeoutMs: number;
}): Promise<OpenApiDocument> {
  const components = new Components();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of settings.routes) {
    const path = route.url.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, components) };
  }
  const responses = failureResponses(components, headersOf);
  const { id = "" } = timeoutHeader.meta() ?? {};
  components.refine(id, { maximum: settings.maxTimeoutMs });
  await defineValues(components, settings.kinds);
  return {
    openapi: "3.1.1",
    info: {
      title: "CloudLink",
      version: settings.version,
      description:
        "One way to the live state of cloud resources. Every failure is a problem document (RFC 9457) with a `code`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [],
    tags: [
      { name: "resources", description: "The state of resources." },
      { name: "actions", description: "What can be done with them." },
      { name: "cache", description: "What was seen before, and is kept." },
      { name: "catalog", description: "Which kinds and providers there are." },
      { name: "health", description: "Whether the server is alive, and ready." },
    ],
    paths,
    components: { schemas: components.all(), responses, headers: namedHeaders() },
  };
}

function operationOf(route: DocumentedRoute, components: Components) {
  const { document, query, path, body } = route;
  const { operationId, summary, description, tag, headers = [], answers } = document;
  const parameters = [
    ...(path === undefined
      ? []
      : components.fields(path).map((field) => ({ in: "path", ...parameterOf(field), required: true }))),
    ...(query === undefined ? [] : components.fields(query).map((field) => ({ in: "query", ...parameterOf(field) }))),
    ...headers.map((each) => {
      const { name, schema } = requestHeaders[each];
      return { in: "header", name, required: false, schema: components.request(schema) };
    }),
  ];
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { [mediaTypes.json]: { schema: components.request(body) } } },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, responseOf(answer, components)]),
      ),
      ...failuresOf(document, { hasBody: body !== undefined }),
    },
  };
}

function parameterOf({ name, required, schema }: { name: string; required: boolean; schema: JsonSchema }) {
  const { description, examples, ...rest } = schema;
  const [example] = Array.isArray(examples) ? examples : [];
  // `form` with `explode`, the default of a query: a parameter that is a list stands there once for each.
  return {
    name,
    required,
    ...(description !== undefined && { description }),
    ...(example !== undefined && { example }),
    schema: rest,
  };
}

function responseOf({ description, headers = [], content }: DocumentedAnswer, components: Components) {
  const types = Object.entries(content ?? {}).map(([type, schema]) => [type, { schema: components.response(schema) }]);
  return {
    description,
    headers: headersOf(headers),
    ...(content !== undefined && { content: Object.fromEntries(types) }),
  };
}

function headersOf(names: readonly DocumentedHeader[]) {
  return Object.fromEntries([...names, "traceparent"].map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function namedHeaders() {
  return Object.fromEntries(Object.entries(responseHeaders).map(([name, header]) => [name, { ...header }]));
}

/** Says of the value of a resource what the kinds that are served say of it. */
async function defineValues(components: Components, kinds: readonly Kind[]): Promise<void> {
  const refs: JsonSchema[] = [];
  for (const kind of kinds) {
    const { $schema: _draft, ...schema } = (await kind.loadSchema()).toJsonSchema();
    refs.push(components.define(`${kind.name}.v${kind.major}`, schema));
  }
  if (refs.length === 0) return;
  components.define("KindValue", {
    description: "The value of a resource: as its kind, which is a part of the ref, has it.",
    anyOf: refs,
  });
}
