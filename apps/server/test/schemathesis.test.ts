import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryCache } from "@cloudlink/cache";
import { ensureSchemathesis, runSchemathesis } from "@cloudlink/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SandboxHarness, startSandboxHarness } from "./sandbox-harness.ts";

/** What is looked at of an OpenAPI document here. */
interface Document {
  paths: Record<string, Record<string, DocumentedOperation>>;
}

interface DocumentedOperation {
  parameters?: { name: string; example?: unknown }[];
  requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> };
  responses: Record<string, unknown>;
}

const KIND = "compute.VirtualMachine";

// A deadline of a millisecond is of the form, and what it ends in is documented; what is not of the form may also be too long.
const configuration = `[checks]
not_a_server_error.expected-statuses = ["2xx", "4xx", "501", "504"]
negative_data_rejection.expected-statuses = ["4xx", "501", "504"]
`;

let folder: string;
let harness: SandboxHarness;
let document: Document;

beforeAll(async () => {
  await ensureSchemathesis();
  folder = await mkdtemp(join(tmpdir(), "cloudlink-schemathesis-"));
  await writeFile(join(folder, "schemathesis.toml"), configuration);
  harness = await startSandboxHarness({ cache: createMemoryCache() });
  const served = (await (await fetch(`${harness.url}/openapi.json`)).json()) as Document;
  const ref = harness.running[0] ?? "";
  const stopped = await harness.post("/v1/actions", { ref: harness.running[1], action: "stop" });
  document = withExamples(served, { ref, token: ((await stopped.json()) as { token: string }).token });
}, 600_000);

afterAll(async () => {
  await harness?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The document with something real to ask for: what is made up would hardly ever be found. */
function withExamples(served: Document, { ref, token }: { ref: string; token: string }): Document {
  const parameters = new Map<string, unknown>([
    ["ref", ref],
    ["token", token],
    ["kind", KIND],
    ["name", KIND],
    ["where", ["powerState=running"]],
  ]);
  const bodies = new Map<string, Record<string, { value: unknown }>>([
    ["/v1/cache/invalidate", { one: { value: { ref, kind: KIND, tags: { env: "prod" } } } }],
    ["/v1/resources/get-many", { two: { value: { kind: KIND, refs: [ref, `${ref}0`] } } }],
    [
      "/v1/actions",
      { tried: { value: { ref, action: "stop", dryRun: true } }, done: { value: { ref, action: "reboot" } } },
    ],
  ]);
  for (const [path, operations] of Object.entries(served.paths)) {
    for (const operation of Object.values(operations)) {
      for (const parameter of operation.parameters ?? []) {
        if (parameters.has(parameter.name)) parameter.example = parameters.get(parameter.name);
      }
      const body = operation.requestBody?.content["application/json"];
      const examples = bodies.get(path);
      if (body !== undefined && examples !== undefined) body.examples = examples;
    }
  }
  return served;
}

async function run(against: Document, more: readonly string[]) {
  await writeFile(join(folder, "openapi.json"), JSON.stringify(against));
  const bounds = ["--workers", "1", "--seed", "4", "--request-timeout", "30", "--no-shrink"];
  // What is of the form may still name what does not exist, and is refused for it.
  const checks = ["--exclude-checks", "positive_data_acceptance"];
  const args = ["run", "openapi.json", "--url", harness.url, "--warnings", "off", ...bounds, ...checks, ...more];
  return await runSchemathesis(args, { folder });
}

test("schemathesis finds no answer outside of the OpenAPI document", async () => {
  const { exitCode, stdout, stderr } = await run(document, ["--max-examples", "30", "--continue-on-failure"]);
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toMatch(/Operations: +13 selected/);
}, 300_000);

test("schemathesis finds an answer that the document leaves out", async () => {
  const lacking = structuredClone(document);
  delete lacking.paths["/v1/resource"]?.get?.responses["400"];
  const { exitCode, stdout } = await run(lacking, ["--include-path", "/v1/resource", "--phases", "coverage"]);
  expect(exitCode, stdout).toBe(1);
  expect(stdout).toContain("Undocumented status code");
}, 300_000);
