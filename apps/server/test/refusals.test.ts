import { problemForm } from "@cloudlink/client/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeRef } from "./fake-provider.ts";
import { type Harness, startHarness } from "./harness.ts";
import { connectRaw, exchangeRaw } from "./raw-connection.ts";

const KIND = "compute.VirtualMachine";
const REF = fakeRef("i-1");

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({}, { maxTimeoutMs: 5_000, headersTimeoutMs: 50, requestTimeoutMs: 100 });
});
afterAll(() => harness.close());

/** A request as it goes over the wire, on a connection that the server is asked to close. */
function request(
  line: string,
  { headers = [], body = "" }: { headers?: readonly string[]; body?: string | Buffer } = {},
): Buffer {
  const head = [`${line} HTTP/1.1`, `host: 127.0.0.1:${harness.port}`, ...headers];
  if (body.length > 0) head.push(`content-length: ${Buffer.byteLength(body)}`);
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), Buffer.from(body)]);
}

const json = "content-type: application/json";
const act = (body: string | Buffer, headers: readonly string[] = [json]) =>
  request("POST /v1/actions", { headers, body });
const getMany = (body: string, headers: readonly string[] = [json]) =>
  request("POST /v1/resources/get-many", { headers, body });
const get = (query: string, headers: readonly string[] = []) => request(`GET /v1/resource?${query}`, { headers });

/** What every refusal has: its form, a trace in body and header, and nothing that a cache or a sniffing browser could make use of. */
async function refusalOf(bytes: string | Uint8Array) {
  const answer = await exchangeRaw(harness.port, bytes);
  expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  const problem = problemForm.parse(JSON.parse(answer.body));
  expect(problem.status).toBe(answer.status);
  expect(answer.headers.traceparent).toContain(problem.traceId);
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  expect(answer.headers.vary).toBe("accept, traceparent");
  return { ...answer, problem };
}

describe("what is not understood is refused, with the reason", () => {
  const text = (body: unknown) => JSON.stringify(body);
  test.each<[string, () => Uint8Array, number, RegExp]>([
    ["a path that leads nowhere", () => request("GET /v2/resource"), 404, /nothing at "\/v2\/resource"/],
    ["a wrong method", () => request("DELETE /v1/kinds"), 405, /GET, HEAD/],
    ["a method that HTTP has and no route", () => request("PROPFIND /v1/kinds/x"), 405, /GET, HEAD/],
    ["an action by GET", () => request("GET /v1/actions"), 405, /POST/],
    ["an unknown parameter", () => get(`ref=${REF}&freshness=1`), 400, /"freshness"/],
    ["an unknown parameter of a route without any", () => request("GET /v1/kinds?x=1"), 400, /"x"/],
    [
      "an unknown parameter of a POST",
      () => request("POST /v1/actions?dryRun=true", { headers: [json], body: text({ ref: REF, action: "stop" }) }),
      400,
      /"dryRun"/,
    ],
    ["a parameter called __proto__", () => get(`ref=${REF}&__proto__=1`), 400, /"__proto__"/],
    ["a parameter that is there twice", () => get(`ref=${REF}&ref=${REF}`), 400, /"ref"/],
    ["a parameter that is missing", () => get(""), 400, /"ref" is missing/],
    ["a number that is none", () => get(`ref=${REF}&maxAgeMs=1e3`), 400, /"maxAgeMs"/],
    ["a filter without a value", () => request(`GET /v1/resources?kind=${KIND}&where=powerState`), 400, /name=value/],
    [
      "a filter that the kind does not have",
      () => request(`GET /v1/resources?kind=${KIND}&where=colour=red`),
      400,
      /colour/,
    ],
    ["a kind that is none", () => request("GET /v1/resources?kind=compute.Abacus"), 400, /compute\.VirtualMachine/],
    ["a ref that is none", () => get("ref=nonsense"), 400, /nonsense/],
    ["bad UTF-8 in the query", () => get("ref=%ff"), 400, /percent-encoded UTF-8/],
    ["a broken escape in the query", () => get("ref=%zz"), 400, /percent-encoded UTF-8/],
    ["bad UTF-8 in the path", () => request("GET /v1/kinds/%ff"), 400, /path is not percent-encoded/],
    ["bytes beyond ASCII in the target", () => get("ref=\u00ff"), 400, /not HTTP/],
    ["a timeout of zero", () => get(`ref=${REF}`, ["x-cloudlink-timeout-ms: 0"]), 400, /from 1 to 5000/],
    ["a timeout over the bound", () => get(`ref=${REF}`, ["x-cloudlink-timeout-ms: 5001"]), 400, /from 1 to 5000/],
    [
      "a timeout that is there twice",
      () => get(`ref=${REF}`, ["x-cloudlink-timeout-ms: 1", "x-cloudlink-timeout-ms: 2"]),
      400,
      /stands there once/,
    ],
    ["an Accept that cannot be met", () => get(`ref=${REF}`, ["accept: text/html"]), 406, /application\/json/],
    [
      "an Accept that a list cannot meet",
      () => request(`GET /v1/resources?kind=${KIND}`, { headers: ["accept: text/csv"] }),
      406,
      /x-ndjson/,
    ],
    ["a body that is not JSON", () => act("{"), 400, /not JSON/],
    ["no body", () => request("POST /v1/actions", { headers: [json, "content-length: 0"] }), 400, /The body/],
    ["a body of null", () => act("null"), 400, /The body is null/],
    ["an unknown field", () => act(text({ ref: REF, action: "stop", force: true })), 400, /"force"/],
    ["a field of another type", () => act(text({ ref: 1, action: "stop" })), 400, /"ref"/],
    [
      "a key that is there twice",
      () => act(`{"ref":"${REF}","action":"stop","action":"start"}`),
      400,
      /"action", twice/,
    ],
    [
      "a key that is there twice, once escaped",
      () => act(`{"ref":"${REF}","action":"stop","\\u0061ction":"start"}`),
      400,
      /"action", twice/,
    ],
    [
      "the key __proto__",
      () => act(`{"ref":"${REF}","action":"stop","__proto__":{"dryRun":true}}`),
      400,
      /"__proto__"/,
    ],
    [
      "bad UTF-8 in the body",
      () => act(Buffer.concat([Buffer.from('{"ref":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])),
      400,
      /not UTF-8/,
    ],
    ["a form", () => act("ref=1", ["content-type: application/x-www-form-urlencoded"]), 415, /application\/json/],
    ["a body of no content type", () => act("{}", []), 415, /application\/json/],
    ["JSON in another encoding", () => act("{}", ["content-type: application/json; charset=latin1"]), 415, /UTF-8/],
    ["a body that is compressed", () => act("{}", [json, "content-encoding: gzip"]), 415, /compressed/],
    [
      "a key with spaces",
      () => act(text({ ref: REF, action: "stop" }), [json, "idempotency-key: a b"]),
      400,
      /Idempotency-Key/,
    ],
    [
      "two keys",
      () => act(text({ ref: REF, action: "stop" }), [json, "idempotency-key: a", "idempotency-key: b"]),
      400,
      /Idempotency-Key/,
    ],
    [
      "more refs than there may be",
      () => getMany(text({ kind: KIND, refs: Array(10_001).fill("fake:a:b:c") })),
      400,
      /"refs"/,
    ],
    ["an expectation that is not known", () => act("{}", [json, "expect: 200-ok"]), 417, /Expect/],
    ["CONNECT", () => request("CONNECT 127.0.0.1:1"), 400, /proxy/],
    ["what is not HTTP", () => Buffer.from("\u0016\u0003\u0001 hello\r\n\r\n", "latin1"), 400, /not HTTP/],
    ["a method that nobody knows", () => request("BREW /v1/kinds"), 400, /not HTTP/],
    [
      "two lengths",
      () => request("POST /v1/actions", { headers: [json, "content-length: 2", "content-length: 3"] }),
      400,
      /not HTTP/,
    ],
    [
      "a length beside chunks",
      () => request("POST /v1/actions", { headers: [json, "content-length: 2", "transfer-encoding: chunked"] }),
      400,
      /not HTTP/,
    ],
    ["a header with a line folded", () => request("GET /healthz", { headers: ["a: b", "  c"] }), 400, /not HTTP/],
  ])("%s", async (_what, bytes, status, detail) => {
    const { problem } = await refusalOf(bytes());
    expect(problem.detail).toMatch(detail);
    expect(problem.code).toBe("invalid_argument");
    expect(problem.status).toBe(status);
  });

  test("a wrong method says which there are in Allow", async () => {
    expect((await refusalOf(request("PUT /v1/kinds"))).headers.allow).toBe("GET, HEAD");
    expect((await refusalOf(request("GET /v1/actions"))).headers.allow).toBe("POST");
  });

  test("a body that was refused unread leaves the connection for the next request", async () => {
    const connection = await connectRaw(harness.port);
    connection.write(act("x".repeat(100_000), ["content-type: text/plain"]));
    expect((await connection.answer()).status).toBe(415);
    connection.write(request("GET /healthz"));
    expect((await connection.answer()).status).toBe(200);
    connection.socket.destroy();
  });
});

describe("what is too much is refused", () => {
  test("a body over the bound, to a client that sends it all", async () => {
    const body = JSON.stringify({ kind: KIND, refs: ["x".repeat(4 * 1024 * 1024)] });
    expect((await refusalOf(getMany(body))).status).toBe(413);
  });

  test("a chunked body over the bound", async () => {
    const size = 5 * 1024 * 1024;
    const chunked = request("POST /v1/actions", { headers: [json, "transfer-encoding: chunked"] });
    const body = Buffer.from(`${size.toString(16)}\r\n${" ".repeat(size)}\r\n0\r\n\r\n`);
    expect((await refusalOf(Buffer.concat([chunked, body]))).status).toBe(413);
  });

  test("a request target over the bound, and one of a megabyte", async () => {
    expect((await refusalOf(get(`ref=${"a".repeat(90_000)}`))).status).toBe(414);
    expect((await refusalOf(get(`ref=${"a".repeat(1_000_000)}`))).status).toBe(414);
  });

  test("ten thousand headers, be they short or long", async () => {
    const many = (value: string) => Array.from({ length: 10_000 }, (_, index) => `x-${index}: ${value}`);
    expect((await refusalOf(request("GET /healthz", { headers: many("1") }))).status).toBe(431);
    expect((await refusalOf(request("GET /healthz", { headers: many("1".repeat(20)) }))).status).toBe(431);
  });

  test("a query of ten thousand parameters", async () => {
    expect((await refusalOf(get("a&".repeat(10_000)))).status).toBe(400);
  });

  test("a body nested as deep as it fits", async () => {
    const depth = 1_000_000;
    expect((await refusalOf(act(`${"[".repeat(depth)}${"]".repeat(depth)}`))).status).toBe(400);
  });
});

describe("what is refused of an action says that nothing was done", () => {
  const body = JSON.stringify({ ref: REF, action: "stop" });
  test.each<[string, () => Uint8Array, number]>([
    ["by its form", () => act("{}"), 400],
    ["by its kind", () => act(JSON.stringify({ ref: REF, action: "stop", kind: "compute.Abacus" })), 400],
    ["by its ref", () => act(JSON.stringify({ ref: "nonsense", action: "stop" })), 400],
    ["by its timeout", () => act(body, [json, "x-cloudlink-timeout-ms: 0"]), 400],
    ["by its content type", () => act(body, []), 415],
    ["by its origin", () => act(body, [json, "origin: null"]), 403],
    ["by its host", () => Buffer.from("POST /v1/actions HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"), 421],
    ["by Accept", () => act(body, [json, "accept: text/html"]), 406],
    ["by Expect", () => act(body, [json, "expect: more"]), 417],
    [
      "by its body, which does not come",
      () => request("POST /v1/actions", { headers: [json, "content-length: 9"] }),
      408,
    ],
  ])("%s", async (_what, bytes, status) => {
    const { problem } = await refusalOf(bytes());
    expect(problem).toMatchObject({ status, effect: "none" });
  });

  test("and of nothing else", async () => {
    expect((await refusalOf(get("ref=nonsense"))).problem.effect).toBeUndefined();
    expect((await refusalOf(getMany("{}"))).problem.effect).toBeUndefined();
  });
});

describe("what comes too slowly is refused", () => {
  test("headers that do not end", async () => {
    const { problem } = await refusalOf(`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx: `);
    expect(problem).toMatchObject({ status: 408, retry: { retryable: true } });
  });

  test("a body that does not end; and what comes of it later changes nothing", async () => {
    const connection = await connectRaw(harness.port);
    connection.write(request("POST /v1/actions", { headers: [json, "content-length: 10"] }));
    connection.write("{");
    expect((await connection.answer()).status).toBe(408);
    connection.write('"a":123}}');
    expect(await connection.untilClosed()).toBe("");
    await harness.logged(({ status, route }) => status === 408 && route === "/v1/actions");
  });
});

describe("what a web page of another origin could make a browser send is refused", () => {
  const host = (value: string) => Buffer.from(`GET /v1/kinds HTTP/1.1\r\nhost: ${value}\r\n\r\n`);

  test.each(["rebound.example", "127.0.0.1.example", "10.0.0.1:8080", "[::2]", "0.0.0.0", "localhost.example:1"])(
    "the host %s",
    async (name) => expect((await refusalOf(host(name))).status).toBe(421),
  );

  test.each(["localhost", "LOCALHOST:1", "127.0.0.1", "127.9.9.9:65535", "[::1]:8080", "[0:0:0:0:0:0:0:1]"])(
    "but not the host %s",
    async (name) => expect((await exchangeRaw(harness.port, host(name))).status).toBe(200),
  );

  test("a target of absolute form with another host", async () => {
    for (const scheme of ["http", "https", "HTTPS", "ftp"]) {
      expect((await refusalOf(request(`GET ${scheme}://rebound.example/v1/kinds`))).status).toBe(421);
    }
    expect((await exchangeRaw(harness.port, request("GET http://localhost/v1/kinds"))).status).toBe(200);
  });

  test("no host, or two", async () => {
    expect((await refusalOf("GET /v1/kinds HTTP/1.1\r\n\r\n")).status).toBe(400);
    expect((await refusalOf("GET /v1/kinds HTTP/1.0\r\n\r\n")).status).toBe(400);
    expect((await refusalOf("GET /v1/kinds HTTP/1.1\r\nhost: localhost\r\nhost: other\r\n\r\n")).status).toBe(400);
  });

  test.each([
    ["an origin of another site", "origin: https://evil.example"],
    ["another port of this machine", "origin: http://localhost:1"],
    ["a page without an origin", "origin: null"],
    ["another site, by what the browser says", "sec-fetch-site: cross-site"],
    ["another port, by what the browser says", "sec-fetch-site: same-site"],
  ])("%s, before anything is done", async (_what, header) => {
    const body = JSON.stringify({ ref: REF, action: "stop" });
    expect((await refusalOf(act(body, [json, header]))).status).toBe(403);
  });

  test("but not what the documentation page sends", async () => {
    const own = [json, `origin: http://127.0.0.1:${harness.port}`, "sec-fetch-site: same-origin"];
    const body = JSON.stringify({ ref: REF, action: "stop" });
    expect((await exchangeRaw(harness.port, act(body, own))).status).toBe(200);
  });

  test("and no answer lets another origin read it", async () => {
    const { headers } = await fetch(`${harness.url}/v1/kinds`);
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

describe("an error that nobody expected", () => {
  test("tells nothing of itself, and the log where it came from but not what it said", async () => {
    await using own = await startHarness({
      get: async () => {
        throw new TypeError("the password is hunter2");
      },
    });
    const response = await fetch(`${own.url}/v1/resource?ref=${REF}`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toMatch(/hunter2|TypeError|\.ts|at /);
    const { frames, causes } = await own.logged(({ msg }) => msg === "failed");
    expect(causes).toContain("TypeError");
    expect(frames).toContainEqual(expect.stringMatching(/^at .*refusals\.test\.ts:\d+:\d+\)?$/));
    expect(own.logText()).not.toContain("hunter2");
  });
});

test("no request of all these made the server say anything of its own", async () => {
  const lines = harness.log.filter(({ level }) => Number(level) >= 50);
  expect(lines).toEqual([]);
});
