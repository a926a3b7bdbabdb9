import { background, CloudLinkError, createRef, parseRef, VirtualMachine } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { createClient } from "../src/index.ts";
import { encodeKind, encodeKindWithSchema } from "../src/wire/index.ts";
import { answer, ctx, failure, json, machine, refText, running, stats, traceId, wireServer } from "./wire-server.ts";

const kind = VirtualMachine;

describe("what is sent", () => {
  it("get asks for the ref, the kind and what was chosen, and gives what a kernel gives", async () => {
    await using server = await wireServer((request) =>
      json(request, { ...answer, native: { Reservation: 1 }, later: 1 }),
    );
    await using client = createClient({ url: `${server.url}/below/` });
    const ref = parseRef(refText);
    const ages = { maxAgeMs: Number.POSITIVE_INFINITY, staleWhileRevalidateMs: 0, staleIfErrorMs: 59_999.9 };
    const got = await client.get(ctx, { kind, ref, view: "health", ...ages, native: true });
    const [request] = server.requests;
    expect(request?.url.pathname).toBe("/below/v1/resource");
    expect(Object.fromEntries(request?.url.searchParams ?? [])).toEqual({
      ref: refText,
      kind: kind.name,
      view: "health",
      maxAgeMs: String(Number.MAX_SAFE_INTEGER),
      staleWhileRevalidateMs: "0",
      staleIfErrorMs: "59999",
      native: "true",
    });
    expect(got.ref.key).toBe(ref.key);
    expect(got.freshness.observedAt).toBe(Date.UTC(2026, 10, 23, 18, 52, 21, 125));
    expect(Object.keys(got)).toEqual(["ref", "value", "view", "freshness", "traceId", "stats", "native"]);
    expect(Object.isFrozen(got.value.tags)).toBe(true);
  });

  it("getMany gives an outcome per ref, each with its state or its own error", async () => {
    const gone = new CloudLinkError({ reason: "ErrResourceNotFound", message: "Gone.", origin: "vendor", traceId });
    await using server = await wireServer((request) =>
      json(request, {
        outcomes: [
          { ok: true, ref: refText, state: machine() },
          { ok: false, ref: refText.replace("i-1", "i-2"), error: gone.toJSON() },
        ],
        traceId,
        stats,
      }),
    );
    await using client = createClient({ url: server.url });
    const ages = { maxAgeMs: 1.5, staleWhileRevalidateMs: 2.5, staleIfErrorMs: Number.POSITIVE_INFINITY };
    const { outcomes } = await client.getMany(ctx, { kind, refs: [refText, "arn:2"], ...ages });
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      body: {
        ...{ kind: kind.name, refs: [refText, "arn:2"] },
        ...{ maxAgeMs: 1, staleWhileRevalidateMs: 2, staleIfErrorMs: Number.MAX_SAFE_INTEGER },
      },
    });
    expect(outcomes[0]).toMatchObject({ ok: true, state: { value: { powerState: "running" } } });
    const [, second] = outcomes;
    expect(second?.ok === false && CloudLinkError.isInstance(second.error) && second.error.code).toBe("not_found");
  });

  it("nothing is said of ages that are left out, and what a server of before leaves out is nothing kept", async () => {
    await using server = await wireServer((request) => json(request, answer));
    await using client = createClient({ url: server.url });
    const { freshness, stats } = await client.get(ctx, { kind, ref: refText });
    expect([...(server.requests[0]?.url.searchParams.keys() ?? [])]).toEqual(["ref", "kind"]);
    expect(answer.freshness).not.toHaveProperty("refreshing");
    expect(freshness.refreshing).toBe(false);
    expect(stats.savedCalls).toBe(0);
  });

  it("no cache on the way may keep an answer, or is told how fresh it is to be, whatever the settings say", async () => {
    await using server = await wireServer((request) => json(request, answer));
    await using client = createClient({ url: server.url, headers: { "Cache-Control": "max-age=60" } });
    await client.get(ctx, { kind, ref: refText });
    expect(server.requests[0]?.headers["cache-control"]).toBe("no-store");
  });

  it("what is kept of a resource comes as a kernel gives it", async () => {
    const state = machine();
    const states = [{ ...state, freshness: { ...state.freshness, source: "memory", refreshing: true } }];
    await using server = await wireServer((request) => json(request, { states, later: 1 }));
    await using client = createClient({ url: server.url });
    const kept = await client.cached(ctx, { kind, ref: parseRef(refText) });
    const url = server.requests[0]?.url;
    expect(url?.pathname).toBe("/v1/cache/resource");
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({ ref: refText, kind: kind.name });
    expect(kept).toMatchObject([{ view: "standard", freshness: { source: "memory", ageMs: 3, refreshing: true } }]);
    expect(Object.isFrozen(kept)).toBe(true);
  });

  it("what is to be forgotten travels with each of its properties, and what is not given does not", async () => {
    await using server = await wireServer((request) => json(request, { invalidated: 2 }));
    await using client = createClient({ url: server.url });
    const rest = { kind: kind.name, provider: "aws", account: "1", region: "eu-west-1", tags: { team: "web" } };
    expect(await client.invalidate(ctx, { ref: parseRef(refText), ...rest })).toEqual({ invalidated: 2 });
    await client.invalidate(ctx, {});
    expect(server.requests.map(({ method, url, body }) => [method, url.pathname, body])).toEqual([
      ["POST", "/v1/cache/invalidate", { ref: refText, ...rest }],
      ["POST", "/v1/cache/invalidate", {}],
    ]);
  });

  it("the counts of the server's cache come as a kernel gives them", async () => {
    const outcomes = { hit: 1, stale: 2, miss: 3, collapsed: 4, batched: 5, refreshed: 6 };
    const counts = { entries: 1, bytes: 2, maxEntries: 3, maxBytes: 4, evicted: 5, invalidated: 6, outcomes };
    await using server = await wireServer((request) => json(request, { ...counts, later: 1 }));
    await using client = createClient({ url: server.url });
    expect(await client.cacheStats(ctx, {})).toStrictEqual(counts);
    expect(server.requests[0]).toMatchObject({ method: "GET", url: { pathname: "/v1/cache" } });
  });

  it("an action's key travels as header, and the answer is an operation", async () => {
    await using server = await wireServer((request) => json(request, running, 202));
    await using client = createClient({ url: server.url });
    const operation = await client.act(ctx, { kind, ref: refText, action: "stop", idempotencyKey: "key-1" });
    expect(server.requests[0]?.headers["idempotency-key"]).toBe("key-1");
    expect(server.requests[0]?.body).toEqual({ ref: refText, action: "stop", kind: kind.name });
    expect(operation).toMatchObject({ token: "1.abc.def", status: { state: "running", pollAfterMs: 500 } });
    expect(Object.isFrozen(operation)).toBe(true);
  });

  it("a dry run is asked for as such, and says why not", async () => {
    const denial = {
      code: "permission_denied",
      reason: "ErrPermissionDenied",
      message: "No.",
      origin: "vendor",
      retry: {},
    };
    await using server = await wireServer((request) =>
      json(request, {
        ref: refText,
        action: "stop",
        allowed: false,
        denial,
        operations: [],
        principal: "me",
        traceId,
        stats,
      }),
    );
    await using client = createClient({ url: server.url });
    const dryRun = await client.dryRun(ctx, { kind, ref: refText, action: "stop" });
    expect(server.requests[0]?.body).toEqual({ ref: refText, action: "stop", kind: kind.name, dryRun: true });
    expect(dryRun).toMatchObject({ allowed: false, principal: "me", denial: { reason: "ErrPermissionDenied" } });
    expect(CloudLinkError.isInstance(dryRun.denial)).toBe(true);
  });

  it("the trace and the deadline travel; the server is told a little less, and nothing where there is none", async () => {
    await using server = await wireServer((request) => json(request, answer));
    await using client = createClient({ url: server.url });
    const clock = createManualClock();
    const trace = { traceId, spanId: "00f067aa0ba902b7", sampled: true, traceState: "vendor=1" };
    const base = background({ clock });
    await client.get(base.withTrace(trace).withTimeout(2_000), { kind, ref: refText });
    await client.get(base.withTimeout(5), { kind, ref: refText });
    await client.get(base, { kind, ref: refText });
    const [first, second, third] = server.requests;
    expect(first?.headers.traceparent).toBe(`00-${traceId}-00f067aa0ba902b7-01`);
    expect(first?.headers.tracestate).toBe("vendor=1");
    expect(first?.headers["x-cloudlink-timeout-ms"]).toBe("1900");
    expect(second?.headers["x-cloudlink-timeout-ms"]).toBe("4");
    expect(third?.headers["x-cloudlink-timeout-ms"]).toBeUndefined();
    expect(third?.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it("headers of the settings are sent with every request, asked for anew, and cannot take the place of the protocol's", async () => {
    await using server = await wireServer((request) => json(request, answer));
    let asked = 0;
    const headers = async () => ({
      authorization: `Bearer ${++asked}`,
      Traceparent: "mine",
      "x-cloudlink-timeout-ms": "1",
      "idempotency-key": "one",
    });
    await using client = createClient({ url: server.url, headers });
    await client.get(ctx, { kind, ref: refText });
    await client.get(ctx, { kind, ref: refText });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer 1", "Bearer 2"]);
    expect(server.requests[0]?.headers.traceparent).toMatch(/^00-/);
    expect(server.requests[0]?.headers["x-cloudlink-timeout-ms"]).toBeUndefined();
    expect(server.requests[0]?.headers["idempotency-key"]).toBeUndefined();
  });

  it("kinds are Kind objects whose schema is asked for when it is loaded, once", async () => {
    const detailed = await encodeKindWithSchema(kind);
    await using server = await wireServer((request) =>
      json(request, request.url.pathname === "/v1/kinds" ? { kinds: [encodeKind(kind)] } : detailed),
    );
    await using client = createClient({ url: server.url });
    const [remote] = await client.kinds(ctx);
    expect(remote).toMatchObject({ name: kind.name, views: kind.views, actions: kind.actions });
    expect(server.requests.length).toBe(1);
    const schema = await remote?.loadSchema();
    await remote?.loadSchema();
    expect(server.requests.map(({ url }) => url.pathname)).toEqual(["/v1/kinds", `/v1/kinds/${kind.name}`]);
    expect(schema?.toJsonSchema()).toEqual(detailed.schema);
    expect(await schema?.["~standard"].validate({})).toEqual({ value: {} });
    const single = await client.kind(ctx, kind.name);
    expect((await single.loadSchema()).toJsonSchema()).toEqual(detailed.schema);
    expect((await failure(client.kind(ctx, "../providers"))).reason).toBe("ErrUnknownKind");
    expect(server.requests.length).toBe(3);
  });
});

describe("a request that is wrong is refused before it is sent", () => {
  const wrong = [
    ["get", { kind, ref: refText, maxAge: 5 }, "maxAge"],
    ["get", { kind: "compute.VirtualMachine", ref: refText }, "kind itself"],
    ["get", { ref: refText }, "kind is missing"],
    ["get", { kind, ref: 5 }, "not a ref"],
    ["get", { kind, ref: "\ud800" }, "not a ref"],
    ["getMany", { kind, refs: refText }, "brackets"],
    ["act", { kind, ref: refText, action: "stop", idempotencyKey: "a b" }, "idempotencyKey"],
    ["cached", { kind, ref: refText, view: "health" }, "view"],
    ["cached", { kind, ref: 5 }, "not a ref"],
    ["invalidate", { refs: [refText] }, "refs"],
    ["invalidate", { ref: 5 }, "not a ref"],
    ["cacheStats", { kind }, "kind"],
    ["operation", { token: ".." }, "token"],
    ["operation", { token: "\ud800" }, "token"],
    ["operation", {}, "token"],
    ["get", null, "request comes second"],
  ] as const;

  it.each(wrong)("%s %o", async (call, request, message) => {
    await using client = createClient({
      url: "http://127.0.0.1:9",
      fetch: () => expect.fail("it was sent"),
    });
    const error = await failure(client[call](ctx, request as never) as Promise<unknown>);
    expect(error.code).toBe("invalid_argument");
    expect(error.rawMessage).toContain(message);
    expect(error.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it("without a context, too", async () => {
    await using client = createClient({ url: "http://127.0.0.1:9" });
    for (const call of [client.kinds, client.providers]) {
      expect((await failure(call(undefined as never))).code).toBe("invalid_argument");
    }
  });
});

describe("createClient", () => {
  it.each(["ftp://a", "a", "", "http://u:hunter2@a", "http://a?token=hunter2", "http://a#x", undefined])(
    "refuses the url %o and does not quote it",
    (url) => {
      const make = () => createClient({ url: url as string });
      expect(make).toThrow(expect.objectContaining({ reason: "ErrInvalidSettings" }));
      expect(make).toThrow(expect.not.objectContaining({ message: expect.stringContaining("hunter2") }));
    },
  );

  it("refuses settings that are none", () => {
    const url = "http://127.0.0.1:9";
    const bad = [
      undefined,
      { url, headers: "x" },
      { url, fetch: 1 },
      { url, defaultTimeoutMs: 0 },
      { url, maxAnswerBytes: Number.NaN },
    ];
    for (const settings of bad) {
      expect(() => createClient(settings as never)).toThrow(expect.objectContaining({ reason: "ErrInvalidSettings" }));
    }
  });

  it("percent-encodes what stands in a path or a query", async () => {
    await using server = await wireServer((request) => json(request, { ...running, status: { state: "done" } }));
    await using client = createClient({ url: server.url });
    await client.operation(ctx, { token: "a/../b?c#d%2F" });
    expect(server.requests[0]?.url.pathname).toBe("/v1/operations/a%2F..%2Fb%3Fc%23d%252F");
    const id = "a&b=c d+é/x";
    const ref = createRef({ ...parseRef(refText), id });
    await client.get(ctx, { kind, ref }).catch(() => {});
    expect(parseRef(server.requests[1]?.url.searchParams.get("ref") ?? "").id).toBe(id);
  });
});
