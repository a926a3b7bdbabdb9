import { createMemoryCache } from "@cloudlink/cache";
import { VirtualMachine } from "@cloudlink/core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { fakeRef } from "./fake-provider.ts";
import { type Harness, startHarness } from "./harness.ts";

/** What is looked at of the document here: anything else of it is for the validator. */
const documentForm = z.looseObject({
  openapi: z.string(),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        parameters: z.array(z.looseObject({ in: z.string(), name: z.string() })).optional(),
        responses: z.record(z.string(), z.unknown()),
      }),
    ),
  ),
  components: z.object({
    schemas: z.record(z.string(), z.looseObject({})),
    responses: z.record(z.string(), z.looseObject({ content: z.record(z.string(), z.unknown()) })),
    headers: z.record(z.string(), z.unknown()),
  }),
});

let harness: Harness;
let document: z.infer<typeof documentForm>;

beforeAll(async () => {
  harness = await startHarness({}, { maxTimeoutMs: 1_234, cache: createMemoryCache() });
  document = documentForm.parse(await (await fetch(`${harness.url}/openapi.json`)).json());
});
afterAll(() => harness.close());

const operations = () => Object.values(document.paths).flatMap((path) => Object.values(path));

describe("the OpenAPI document", () => {
  test("is OpenAPI 3.1 to an independent validator, which does not take one that is not", async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    const broken = { ...structuredClone(document), paths: { "/x": { get: { responses: { 200: {} } } } } };
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
  });

  test("has every path of the API and the methods that it has", () => {
    const found = Object.entries(document.paths).map(([path, methods]) => `${Object.keys(methods).join()} ${path}`);
    expect(found.sort()).toEqual([
      "get /healthz",
      "get /readyz",
      "get /v1/cache",
      "get /v1/cache/resource",
      "get /v1/kinds",
      "get /v1/kinds/{name}",
      "get /v1/operations/{token}",
      "get /v1/providers",
      "get /v1/resource",
      "get /v1/resources",
      "post /v1/actions",
      "post /v1/cache/invalidate",
      "post /v1/resources/get-many",
    ]);
    expect(new Set(operations().map(({ operationId }) => operationId)).size).toBe(operations().length);
  });

  test("has the failures of every operation, those of the HTTP layer among them, as problem documents", () => {
    for (const { responses } of operations()) {
      for (const status of [400, 404, 405, 406, 408, 414, 417, 421, 431, 500, 503]) {
        expect(responses).toHaveProperty(String(status));
      }
    }
    expect(document.paths["/v1/actions"]?.post?.responses).toMatchObject({
      202: {},
      409: {},
      413: {},
      415: {},
      429: {},
      504: {},
    });
    for (const { content } of Object.values(document.components.responses)) {
      expect(Object.keys(content)).toEqual(["application/problem+json"]);
    }
  });

  test("has no name that leads nowhere, and none that nothing leads to", () => {
    const text = JSON.stringify(document);
    const refs = new Set(
      [...text.matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
    );
    const names = Object.entries(document.components).flatMap(([kind, all]) =>
      Object.keys(all).map((name) => `${kind}/${name}`),
    );
    expect([...refs].sort()).toEqual(names.sort());
    expect(text).not.toContain("$defs");
  });

  test("says of a resource's value what its kind says", async () => {
    const { $schema: _draft, ...schema } = (await VirtualMachine.loadSchema()).toJsonSchema();
    expect(document.components.schemas["compute.VirtualMachine.v1"]).toEqual(schema);
    expect(document.components.schemas.KindValue).toMatchObject({
      anyOf: [{ $ref: "#/components/schemas/compute.VirtualMachine.v1" }],
    });
  });

  test("has the headers that are sent", async () => {
    const usual = ["connection", "content-length", "content-type", "date", "keep-alive", "x-content-type-options"];
    const documented = (path: string, status: number) => {
      const { responses } = document.paths[path]?.get ?? {};
      const { $ref } = z.looseObject({ $ref: z.string().optional() }).parse(responses?.[status]);
      const response =
        $ref === undefined ? responses?.[status] : document.components.responses[$ref.split("/").at(-1) ?? ""];
      return Object.keys(z.looseObject({ headers: z.looseObject({}) }).parse(response).headers).sort();
    };
    const tag = (await fetch(`${harness.url}/v1/resource?ref=${fakeRef("i-1")}`)).headers.get("etag") ?? "";
    for (const [path, query, status, headers = {}] of [
      ["/healthz", "", 200],
      ["/readyz", "", 200],
      ["/v1/kinds", "", 200],
      ["/v1/kinds", "?x=1", 400],
      ["/v1/resource", `?ref=${fakeRef("i-1")}&maxAgeMs=60000`, 200],
      ["/v1/resource", `?ref=${fakeRef("i-1")}&maxAgeMs=60000`, 304, { "if-none-match": tag }],
      ["/v1/cache", "", 200],
      ["/v1/cache/resource", `?ref=${fakeRef("i-1")}`, 200],
      ["/v1/resource", "?ref=nonsense", 400],
      ["/v1/resources", "?kind=compute.VirtualMachine", 200],
    ] as const) {
      const response = await fetch(`${harness.url}${path}${query}`, { headers });
      expect(response.status).toBe(status);
      const sent = [...response.headers.keys()].filter((name) => !usual.includes(name)).sort();
      expect(sent, `${path}${query}`).toEqual(documented(path, status));
    }
  });

  test("knows the headers of requests, and the bound on the deadline", () => {
    const parameters = document.paths["/v1/actions"]?.post?.parameters ?? [];
    expect(parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).toEqual([
      "header x-cloudlink-timeout-ms",
      "header idempotency-key",
    ]);
    const ofReads = document.paths["/v1/resource"]?.get?.parameters ?? [];
    expect(ofReads.flatMap((parameter) => (parameter.in === "header" ? [parameter.name] : []))).toEqual([
      "x-cloudlink-timeout-ms",
      "cache-control",
      "if-none-match",
    ]);
    expect(document.components.schemas.TimeoutMs).toMatchObject({ minimum: 1, maximum: 1_234 });
  });
});
