import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { inspect } from "node:util";
import { CloudLinkError, parseRef, VirtualMachine } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { createClient } from "../src/index.ts";
import { problemOf } from "../src/wire/index.ts";
import {
  answer,
  ctx,
  failure,
  type Incoming,
  json,
  machine,
  raw,
  refText,
  traceId,
  wireServer,
} from "./wire-server.ts";

const kind = VirtualMachine;

/** What a get against a server that answers so rejects with, and what an act does. */
async function failures(answerWith: (request: Incoming) => unknown, settings = {}) {
  await using server = await wireServer(answerWith);
  await using client = createClient({ url: server.url, ...settings });
  const get = await failure(client.get(ctx, { kind, ref: refText }));
  const act = await failure(client.act(ctx, { kind, ref: refText, action: "stop" }));
  return { get, act };
}

describe("what fails", () => {
  it("comes as the server's own error, whole, from problem+json", async () => {
    const error = new CloudLinkError({
      reason: "ErrThrottled",
      message: "Too many calls.",
      origin: "vendor",
      retry: { retryable: true, afterMs: 1_500 },
      effect: "none",
      provider: "aws",
      operation: "ec2:StopInstances",
      ref: refText,
      traceId,
      details: { vendorCode: "RequestLimitExceeded" },
    });
    const { get } = await failures((request) =>
      raw(request, {
        status: 429,
        type: "application/problem+json; charset=utf-8",
        body: JSON.stringify(problemOf(error)),
      }),
    );
    expect(get.toJSON()).toEqual(error.toJSON());
  });

  it("is ErrServerUnavailable where nobody listens, and then an action was not carried out", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, "close");
    await using client = createClient({ url: `http://127.0.0.1:${port}`, headers: { authorization: "hunter2" } });
    const get = await failure(client.get(ctx, { kind, ref: parseRef(refText) }));
    expect(get).toMatchObject({
      code: "unavailable",
      reason: "ErrServerUnavailable",
      operation: "get",
      ref: refText,
      retry: { retryable: true },
      details: { networkError: "ECONNREFUSED" },
    });
    expect(get.effect).toBeUndefined();
    expect(get.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(inspect(get, { depth: 9, showHidden: true })).not.toContain("hunter2");
    expect((await failure(client.act(ctx, { kind, ref: refText, action: "stop" }))).effect).toBe("none");
  });

  it("is ErrServerUnavailable where the connection is cut, before the answer or within, and what became of an action is unknown", async () => {
    const cuts = [
      ({ response }: Incoming) => response.destroy(),
      ({ response }: Incoming) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
        response.write('{"ref":', () => response.destroy());
      },
      ({ response }: Incoming) => response.socket?.resetAndDestroy(),
    ];
    for (const cut of cuts) {
      const { get, act } = await failures(cut);
      expect(get).toMatchObject({ code: "unavailable", reason: "ErrServerUnavailable" });
      expect(act).toMatchObject({ reason: "ErrServerUnavailable", effect: "unknown" });
    }
  });

  it.each([
    [502, "ErrServerUnavailable", "unknown"],
    [503, "ErrServerUnavailable", "unknown"],
    [429, "ErrServerUnavailable", "unknown"],
    [408, "ErrServerUnavailable", "unknown"],
    [404, "ErrMalformedResponse", "unknown"],
    [403, "ErrMalformedResponse", "unknown"],
    [200, "ErrMalformedResponse", "unknown"],
    [302, "ErrMalformedResponse", "unknown"],
  ] as const)(
    "is told by its status where something else answers %i: %s, effect %s, and shows nothing of its body",
    async (status, reason, effect) => {
      const { get, act } = await failures((request) =>
        raw(request, {
          status,
          type: "text/html",
          headers: { location: "/elsewhere", "retry-after": "7" },
          body: "<h1>hunter2</h1>",
        }),
      );
      expect(get).toMatchObject({ reason, details: { httpStatus: String(status) } });
      expect(inspect(get)).not.toContain("hunter2");
      expect(get.retry).toEqual(
        reason === "ErrServerUnavailable" ? { retryable: true, afterMs: 7_000 } : { retryable: false },
      );
      expect(act).toMatchObject({ reason, effect });
    },
  );

  it("concludes that an action was not carried out from what the server says, or from its refusal, alone", async () => {
    const known = { code: "invalid_argument", reason: "ErrInvalidRequest", detail: "No.", origin: "caller" };
    for (const [status, body, effect] of [
      [400, known, "none"],
      [404, known, "none"],
      [429, known, "none"],
      [400, { ...known, effect: "unknown" }, "unknown"],
      [409, { ...known, effect: "done" }, "done"],
      [503, { ...known, effect: "none" }, "none"],
      [408, { ...known, effect: "none" }, "none"],
      [408, known, "unknown"],
      [499, known, "unknown"],
      [503, known, "unknown"],
      [403, { title: "Forbidden", status: 403 }, "unknown"],
      [429, { title: "Slow down" }, "unknown"],
    ] as const) {
      const { act } = await failures((request) =>
        raw(request, { status, type: "application/problem+json", body: JSON.stringify(body) }),
      );
      expect([status, body, act.effect]).toEqual([status, body, effect]);
    }
  });

  it("leaves aside a problem document that is not of this API", async () => {
    const type = "application/problem+json";
    for (const body of ['{"title":"Bad gateway"}', "not json", '{"code":"no_such","reason":"x"}', "[]"]) {
      const { get } = await failures((request) => raw(request, { status: 502, type, body }));
      expect(get.reason).toBe("ErrServerUnavailable");
    }
  });

  it("does not follow redirects: headers may hold credentials for the server that was configured", async () => {
    await using elsewhere = await wireServer((request) => json(request, answer));
    const { get } = await failures((request) => raw(request, { status: 307, headers: { location: elsewhere.url } }));
    expect(get.reason).toBe("ErrMalformedResponse");
    expect(elsewhere.requests).toEqual([]);
  });

  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["null", "null"],
    ["nothing", ""],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["without a ref", JSON.stringify({ ...answer, ref: undefined })],
    ["a ref of another form", JSON.stringify({ ...answer, ref: "x" })],
    ["a number for a text", JSON.stringify({ ...answer, view: 1 })],
    ["an instant that is none", JSON.stringify({ ...answer, freshness: { ...answer.freshness, observedAt: "now" } })],
    ["a list for a value", JSON.stringify({ ...answer, value: [] })],
    ["nested deeply", `{"native":${"[".repeat(200_000)}${"]".repeat(200_000)},${JSON.stringify(answer).slice(1)}`],
    ["about another resource", JSON.stringify({ ...answer, ...machine("i-2") })],
  ])("is ErrMalformedResponse where a 200 is not of the form: %s", async (_, body) => {
    await using server = await wireServer((request) => raw(request, { body }));
    await using client = createClient({ url: server.url });
    const error = await failure(client.get(ctx, { kind, ref: parseRef(refText) }));
    expect(error).toMatchObject({ code: "internal", reason: "ErrMalformedResponse", operation: "get" });
  });

  it("reads no more than maxAnswerBytes, and hangs up", async () => {
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    await using server = await wireServer(({ response }) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    await using client = createClient({ url: server.url, maxAnswerBytes: 1_000_000 });
    const error = await failure(client.get(ctx, { kind, ref: refText }));
    expect(error).toMatchObject({ reason: "ErrMalformedResponse", rawMessage: expect.stringContaining("1000000") });
    await server.requests[0]?.closed;
  });

  it("takes names that do harm for names", async () => {
    const value = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"id":"i-1"}';
    const body = JSON.stringify(answer)
      .replace(JSON.stringify(answer.value), value)
      .replace("{", '{"__proto__":{"view":"x"},');
    await using server = await wireServer((request) => raw(request, { body }));
    await using client = createClient({ url: server.url });
    const got = await client.get(ctx, { kind, ref: refText });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(got.value)).toBe(Object.prototype);
    expect(Object.keys(got.value)).toEqual(["__proto__", "constructor", "id"]);
  });

  it("shows nothing of a header's value, of what the headers function threw, or of what a fetch of one's own threw", async () => {
    const secret = "hunter2\n";
    const url = "http://127.0.0.1:9";
    const clients = [
      createClient({ url, headers: { authorization: secret } }),
      createClient({
        url,
        headers: () => {
          throw new Error(secret);
        },
      }),
      createClient({ url, headers: async () => Promise.reject(new Error(secret)) }),
      createClient({
        url,
        fetch: async (_, { headers }) => {
          throw Object.assign(new TypeError(secret, { cause: { code: secret, headers } }), { headers });
        },
      }),
    ];
    for (const client of clients) {
      const error = await failure(client.get(ctx, { kind, ref: refText }));
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("hunter2");
    }
  });
});
