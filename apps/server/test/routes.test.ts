import {
  answerForm,
  dryRunForm,
  kindsForm,
  kindWithSchemaForm,
  listLineForm,
  listPageForm,
  manyAnswerForm,
  operationForm,
  providersForm,
} from "@cloudlink/client/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SandboxHarness, startSandboxHarness } from "./sandbox-harness.ts";

const KIND = "compute.VirtualMachine";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const lines = { accept: "application/x-ndjson" };

let harness: SandboxHarness;
beforeAll(async () => {
  harness = await startSandboxHarness({ transitions: { pendingMs: 0, stoppingMs: 0 } });
});
afterAll(() => harness.close());

const resourcePath = (ref: string) => `/v1/resource?ref=${encodeURIComponent(ref)}`;
const machine = (index: number) => harness.running[index] ?? "";

describe("a resource", () => {
  test("is found by the vendor's id and by its ref, and is the same", async () => {
    const byArn = answerForm.parse(await (await harness.get(resourcePath(machine(0)))).json());
    expect(byArn).toMatchObject({
      nativeId: machine(0),
      value: { powerState: "running" },
      freshness: { source: "live" },
    });
    const byRef = answerForm.parse(await (await harness.get(resourcePath(byArn.ref))).json());
    expect(byRef.value).toEqual(byArn.value);
    expect(byRef.native).toBeUndefined();
  });

  test("comes with the vendor's own body where that is asked for", async () => {
    const answer = answerForm.parse(await (await harness.get(`${resourcePath(machine(0))}&native=true`)).json());
    expect(answer.native).toMatchObject({ InstanceId: machine(0).split("/")[1] });
  });

  test("is for no cache but the caller's own, which has a tag to ask again by", async () => {
    const { headers } = await harness.get(resourcePath(machine(0)));
    expect(headers.get("cache-control")).toBe("private, no-cache");
    expect(headers.get("vary")).toBe("accept, traceparent");
    expect(headers.get("etag")).toMatch(/^W\/"[\w-]{43}"$/);
    expect(headers.get("age")).toBeNull();
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("that is not there is a problem with its code, status and trace", async () => {
    const response = await harness.get(resourcePath("arn:aws:ec2:us-east-1:111111111111:instance/i-0123456789abcdef0"));
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    const problem = await response.json();
    expect(problem).toMatchObject({
      type: "urn:cloudlink:error:ErrResourceNotFound",
      ...{ status: 404, code: "not_found", reason: "ErrResourceNotFound", origin: "vendor", provider: "aws" },
      retry: { retryable: false },
    });
    expect(response.headers.get("traceparent")).toContain((problem as { traceId: string }).traceId);
  });
});

describe("the caller's trace", () => {
  const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;

  test.each([
    ["a success", () => resourcePath(machine(0)), 200],
    ["a failure of the kernel's", () => resourcePath("nonsense"), 400],
    ["a refusal of HTTP's", () => "/nothing", 404],
    ["health", () => "/healthz", 200],
  ])("is continued on %s", async (_what, path, status) => {
    const response = await harness.get(path(), { traceparent });
    expect(response.status).toBe(status);
    const header = response.headers.get("traceparent") ?? "";
    expect(header).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(header).not.toBe(traceparent);
    const body = (await response.json()) as { traceId?: string };
    if (!path().startsWith("/healthz")) expect(body.traceId).toBe(TRACE);
  });

  test("that is no trace is left aside, and the request gets one of its own", async () => {
    const response = await harness.get("/healthz", { traceparent: "00-zz-zz-01" });
    expect(response.status).toBe(200);
    expect(response.headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });
});

describe("a list", () => {
  test("is a page as JSON, and its token leads on until all has come once", async () => {
    const seen: string[] = [];
    let token: string | undefined;
    let pages = 0;
    do {
      const next = token === undefined ? "" : `&pageToken=${encodeURIComponent(token)}`;
      const response = await harness.get(`/v1/resources?kind=${KIND}&pageSize=20${next}`);
      const page = listPageForm.parse(await response.json());
      seen.push(...page.items.map(({ ref }) => ref));
      token = page.nextPageToken;
      pages += 1;
    } while (token !== undefined);
    expect(pages).toBeGreaterThan(1);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(harness.sandbox.instances.size);
  });

  test("is all of it as lines, each of its form, the last one the end", async () => {
    const response = await harness.get(`/v1/resources?kind=${KIND}`, lines);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const text = await response.text();
    expect(text.endsWith("\n")).toBe(true);
    const parsed = text
      .trimEnd()
      .split("\n")
      .map((line) => listLineForm.parse(JSON.parse(line)));
    expect(parsed.filter((line) => "item" in line)).toHaveLength(harness.sandbox.instances.size);
    expect(parsed.filter((line) => "end" in line)).toEqual([parsed.at(-1)]);
  });

  test("is narrowed by account, region, field and tag, each of them several times", async () => {
    const query =
      "&account=111111111111&account=222222222222&region=eu-west-1&where=powerState=running&where=powerState=stopped";
    const page = listPageForm.parse(
      await (await harness.get(`/v1/resources?kind=${KIND}${query}&tag=env=prod`)).json(),
    );
    expect(page.items.length).toBeGreaterThan(0);
    for (const { ref, value } of page.items) {
      expect(ref).toMatch(/^aws\/aws\/(?:1{12}|2{12})\/eu-west-1\//);
      expect(["running", "stopped"]).toContain(value.powerState);
      expect(value.tags).toMatchObject({ env: "prod" });
    }
  });

  test("declares the account that fails, and gives the others", async () => {
    const fault = harness.sandbox.faults.add({
      account: "222222222222",
      fault: { kind: "error", status: 403, code: "UnauthorizedOperation" },
    });
    const text = await (await harness.get(`/v1/resources?kind=${KIND}`, lines)).text();
    fault.remove();
    const parsed = text
      .trimEnd()
      .split("\n")
      .map((line) => listLineForm.parse(JSON.parse(line)));
    const problems = parsed.flatMap((line) => ("problem" in line ? [line.problem] : []));
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatchObject({ account: "222222222222", error: { code: "permission_denied" } });
    expect(parsed.filter((line) => "item" in line).length).toBeGreaterThan(0);
    expect(parsed.at(-1)).toHaveProperty("end");
  });

  test("of a wrong request fails by its status, as lines too", async () => {
    const response = await harness.get(`/v1/resources?kind=${KIND}&account=999999999999`, lines);
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ reason: "ErrUnknownAccount" });
  });
});

test("many are an outcome each, in the order of the request", async () => {
  const absent = "arn:aws:ec2:us-east-1:111111111111:instance/i-0123456789abcdef0";
  const response = await harness.post("/v1/resources/get-many", { kind: KIND, refs: [machine(0), absent, machine(1)] });
  const { outcomes } = manyAnswerForm.parse(await response.json());
  expect(outcomes.map((outcome) => (outcome.ok ? outcome.state.nativeId : outcome.error.reason))).toEqual([
    machine(0),
    "ErrResourceNotFound",
    machine(1),
  ]);
});

describe("an action", () => {
  test("that runs is accepted, and its operation leads to its end", async () => {
    const response = await harness.post(
      "/v1/actions",
      { ref: machine(2), action: "stop" },
      { "idempotency-key": "one" },
    );
    expect(response.status).toBe(202);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const operation = operationForm.parse(await response.json());
    expect(operation).toMatchObject({
      action: "stop",
      idempotencyKey: "one",
      replayed: false,
      status: { state: "running" },
    });
    const followed = await harness.get(response.headers.get("location") ?? "");
    expect(followed.status).toBe(200);
    expect(operationForm.parse(await followed.json())).toMatchObject({ ref: operation.ref, status: { state: "done" } });
    expect(followed.headers.get("retry-after")).toBeNull();
    const answer = answerForm.parse(await (await harness.get(resourcePath(machine(2)))).json());
    expect(answer.value.powerState).toBe("stopped");
  });

  test("is carried out once for its key, and the key is for that request alone", async () => {
    const key = { "idempotency-key": "two" };
    const before = harness.sandbox.requests.count({ action: "RebootInstances" });
    const first = operationForm.parse(
      await (await harness.post("/v1/actions", { ref: machine(3), action: "reboot" }, key)).json(),
    );
    const again = operationForm.parse(
      await (await harness.post("/v1/actions", { ref: machine(3), action: "reboot" }, key)).json(),
    );
    expect([first.replayed, again.replayed]).toEqual([false, true]);
    expect(harness.sandbox.requests.count({ action: "RebootInstances" })).toBe(before + 1);
    const other = await harness.post("/v1/actions", { ref: machine(3), action: "stop" }, key);
    expect([other.status, await other.json()]).toMatchObject([
      409,
      { reason: "ErrIdempotencyKeyReused", effect: "none" },
    ]);
  });

  test("that is only tried says what would be called, as whom, and does nothing", async () => {
    const response = await harness.post("/v1/actions", { ref: machine(4), action: "stop", dryRun: true });
    expect(response.status).toBe(200);
    const tried = dryRunForm.parse(await response.json());
    expect(tried).toMatchObject({ allowed: true, operations: ["ec2:StopInstances"] });
    expect(answerForm.parse(await (await harness.get(resourcePath(machine(4)))).json()).value.powerState).toBe(
      "running",
    );
  });

  test("in the wrong state, of no kind, or with a token that was forged, fails by its reason", async () => {
    const terminated = harness.sandbox.instances.list().find(({ state }) => state === "terminated")?.arn ?? "";
    const answers = await Promise.all([
      harness.post("/v1/actions", { ref: terminated, action: "start" }),
      harness.post("/v1/actions", { ref: machine(5), action: "explode" }),
      harness.get("/v1/operations/forged"),
    ]);
    const reasons = await Promise.all(
      answers.map(async (each) => [each.status, ((await each.json()) as { reason: string }).reason]),
    );
    expect(reasons).toEqual([
      [400, "ErrInvalidState"],
      [400, "ErrInvalidRequest"],
      [400, "ErrInvalidOperationToken"],
    ]);
  });
});

describe("the catalog", () => {
  test("has the kinds, each with its schema, and the providers", async () => {
    const { kinds } = kindsForm.parse(await (await harness.get("/v1/kinds")).json());
    expect(kinds.map(({ name }) => name)).toEqual([KIND]);
    const kind = kindWithSchemaForm.parse(await (await harness.get(`/v1/kinds/${KIND}`)).json());
    expect(kind.schema).toHaveProperty("properties.powerState");
    const { providers } = providersForm.parse(await (await harness.get("/v1/providers")).json());
    expect(providers.map(({ name }) => name)).toEqual(["aws"]);
  });

  test("has no kind by another name", async () => {
    const response = await harness.get("/v1/kinds/compute.Abacus");
    expect([response.status, await response.json()]).toMatchObject([404, { reason: "ErrUnknownKind" }]);
  });
});

test("HEAD gives the headers of a GET without its body, and asks no vendor for a stream", async () => {
  const before = harness.sandbox.requests.count();
  const response = await fetch(`${harness.url}/v1/resources?kind=${KIND}`, { method: "HEAD", headers: lines });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
  // A GET has more bytes than none.
  expect(response.headers.has("content-length")).toBe(false);
  expect(response.headers.get("vary")).toBe("accept, traceparent");
  expect(await response.text()).toBe("");
  expect(harness.sandbox.requests.count()).toBe(before);
});

describe("the documentation page", () => {
  test("loads nothing from elsewhere, and may not", async () => {
    const response = await harness.get("/docs");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const html = await response.text();
    const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? "");
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) {
      expect(source).toMatch(/^\/docs\//);
      expect((await harness.get(source)).status).toBe(200);
    }
    expect(html).not.toMatch(/<script>|<style|\son\w+=/);
  });

  test("shows the document that is served", async () => {
    const [shown, served] = await Promise.all([harness.get("/docs/json"), harness.get("/openapi.json")]);
    expect(await shown.json()).toEqual(await served.json());
  });
});
