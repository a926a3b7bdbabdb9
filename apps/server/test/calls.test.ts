import { once } from "node:events";
import type { ProviderCall } from "@cloudlink/core";
import { describe, expect, test } from "vitest";
import { type FakeVendor, fakeRef, untilAborted } from "./fake-provider.ts";
import { startHarness } from "./harness.ts";
import { connectRaw } from "./raw-connection.ts";

const KIND = "compute.VirtualMachine";
const lines = { accept: "application/x-ndjson" };
const json = { "content-type": "application/json" };

/** A vendor that hangs in one of its calls: told when the call has come, and when it was aborted. */
function hangingVendor(method: "get" | "list" | "follow") {
  const arrived = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const hang = async (call: ProviderCall) => {
    call.ctx.signal.addEventListener("abort", () => aborted.resolve());
    arrived.resolve();
    return await untilAborted(call);
  };
  const vendor: FakeVendor = {
    ...(method === "get" && { get: hang }),
    ...(method === "follow" && { follow: hang, act: async () => ({ state: "running", pollAfterMs: 1, token: "x" }) }),
    ...(method === "list" && {
      async *list(call) {
        yield ["i-1"];
        await hang(call);
      },
    }),
  };
  return { vendor, arrived: arrived.promise, aborted: aborted.promise };
}

describe("a client that goes away ends the vendor's call", () => {
  test("of a get, which only the log calls 499", async () => {
    const { vendor, arrived, aborted } = hangingVendor("get");
    await using harness = await startHarness(vendor);
    const leaving = new AbortController();
    const answer = fetch(`${harness.url}/v1/resource?ref=${fakeRef("i-1")}`, { signal: leaving.signal });
    await arrived;
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await aborted;
    expect(await harness.logged(({ route }) => route === "/v1/resource")).toMatchObject({
      status: 499,
      code: "canceled",
    });
  });

  test("of a list as lines, between two pages", async () => {
    const { vendor, arrived, aborted } = hangingVendor("list");
    await using harness = await startHarness(vendor);
    const leaving = new AbortController();
    const { signal } = leaving;
    const response = await fetch(`${harness.url}/v1/resources?kind=${KIND}&account=home`, { headers: lines, signal });
    const reader = response.body?.getReader();
    await reader?.read();
    await arrived;
    leaving.abort();
    await aborted;
    expect(await harness.logged(({ route }) => route === "/v1/resources")).toMatchObject({ status: 499 });
  });

  test("of a list before its first page", async () => {
    const arrived = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    await using harness = await startHarness({
      async *list(call) {
        call.ctx.signal.addEventListener("abort", () => aborted.resolve());
        arrived.resolve();
        await untilAborted(call);
      },
    });
    const leaving = new AbortController();
    const { signal } = leaving;
    const answer = fetch(`${harness.url}/v1/resources?kind=${KIND}`, { headers: lines, signal });
    await arrived.promise;
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await aborted.promise;
  });

  test("of an operation that is asked about", async () => {
    const { vendor, arrived, aborted } = hangingVendor("follow");
    await using harness = await startHarness(vendor);
    const body = JSON.stringify({ ref: fakeRef("i-1"), action: "stop" });
    const { headers } = await fetch(`${harness.url}/v1/actions`, { method: "POST", headers: json, body });
    const leaving = new AbortController();
    const answer = fetch(`${harness.url}${headers.get("location")}`, { signal: leaving.signal });
    await arrived;
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await aborted;
  });

  test("of each request of a pipeline, also of those whose turn has not come", async () => {
    let calls = 0;
    let aborts = 0;
    const bothCame = Promise.withResolvers<void>();
    const bothAborted = Promise.withResolvers<void>();
    await using harness = await startHarness({
      get: async (call) => {
        call.ctx.signal.addEventListener("abort", () => {
          aborts += 1;
          if (aborts === 2) bothAborted.resolve();
        });
        calls += 1;
        if (calls === 2) bothCame.resolve();
        return await untilAborted(call);
      },
    });
    const connection = await connectRaw(harness.port);
    // In two accounts: two reads of one resource share a call.
    const get = (account: string) =>
      `GET /v1/resource?ref=${fakeRef("i-1", account)} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    connection.write(get("home") + get("away"));
    await bothCame.promise;
    connection.socket.destroy();
    await bothAborted.promise;
  });

  test("but not of an action that was sent, whose end the key gives again", async () => {
    const sent = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    let calls = 0;
    await using harness = await startHarness({
      act: async () => {
        calls += 1;
        sent.resolve();
        await done.promise;
        return { state: "done" };
      },
    });
    const leaving = new AbortController();
    const request = {
      method: "POST",
      headers: { ...json, "idempotency-key": "wish" },
      body: JSON.stringify({ ref: fakeRef("i-1"), action: "reboot" }),
    };
    const left = fetch(`${harness.url}/v1/actions`, { ...request, signal: leaving.signal });
    await sent.promise;
    leaving.abort();
    await expect(left).rejects.toThrow();
    expect(await harness.logged(({ msg }) => msg === "failed")).toMatchObject({ status: 499 });
    const meanwhile = await fetch(`${harness.url}/v1/actions`, request);
    expect([meanwhile.status, await meanwhile.json()]).toMatchObject([409, { reason: "ErrActionInProgress" }]);
    done.resolve();
    const again = async (): Promise<Response> => {
      const response = await fetch(`${harness.url}/v1/actions`, request);
      return response.status === 409 ? await again() : response;
    };
    expect(await (await again()).json()).toMatchObject({ replayed: true, status: { state: "done" } });
    expect(calls).toBe(1);
  });
});

describe("the caller's deadline", () => {
  // Long enough for the vendor to be reached before on a machine that is busy: what never began cannot be aborted.
  const timeout = { "x-cloudlink-timeout-ms": "1000" };

  test("ends a call with 504, and the vendor's with it", async () => {
    const { vendor, aborted } = hangingVendor("get");
    await using harness = await startHarness(vendor);
    const response = await fetch(`${harness.url}/v1/resource?ref=${fakeRef("i-1")}`, { headers: timeout });
    expect([response.status, await response.json()]).toMatchObject([504, { code: "deadline_exceeded" }]);
    await aborted;
  });

  test("ends a list with what was read, and the rest declared", async () => {
    const { vendor, aborted } = hangingVendor("list");
    await using harness = await startHarness(vendor);
    const headers = { ...lines, ...timeout };
    const text = await (await fetch(`${harness.url}/v1/resources?kind=${KIND}&account=home`, { headers })).text();
    const parsed = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(parsed[0]).toHaveProperty("item");
    expect(parsed.find((line) => "problem" in line)).toMatchObject({
      problem: { error: { code: "deadline_exceeded" } },
    });
    expect(parsed.at(-1)).toHaveProperty("end");
    await aborted;
  });
});

describe("a list as lines", () => {
  test("gives its first items before the slowest account has answered", async () => {
    const slow = Promise.withResolvers<void>();
    await using harness = await startHarness({
      async *list({ scope }) {
        if (scope.account === "away") await slow.promise;
        yield [`of-${scope.account}`];
      },
    });
    const response = await fetch(`${harness.url}/v1/resources?kind=${KIND}`, { headers: lines });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = await reader?.read();
    expect(first?.value).toContain("of-home");
    slow.resolve();
    let rest = "";
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) rest += next.value;
    expect(rest).toContain("of-away");
    expect(rest).toMatch(/\{"end":.*\}\n$/);
  });

  test("asks the vendor for no more than is read, and cuts off who does not read", async () => {
    let pages = 0;
    const ended = Promise.withResolvers<void>();
    await using harness = await startHarness(
      {
        async *list() {
          try {
            for (;;) {
              pages += 1;
              yield Array.from({ length: 1_000 }, (_, index) => `i-${pages}-${index}`);
            }
          } finally {
            ended.resolve();
          }
        },
      },
      { stallMs: 100 },
    );
    const connection = await connectRaw(harness.port);
    connection.socket.pause();
    connection.write(
      `GET /v1/resources?kind=${KIND}&account=home HTTP/1.1\r\nhost: localhost\r\naccept: application/x-ndjson\r\n\r\n`,
    );
    await ended.promise;
    const logged = await harness.logged(({ route }) => route === "/v1/resources");
    expect(logged).toMatchObject({ status: 499, code: "canceled" });
    // What the system buffers on both sides of a loopback connection is some megabytes; a page is a third of one.
    expect(pages).toBeLessThan(100);
    connection.socket.resume();
    expect(await connection.untilClosed()).not.toContain('{"end"');
  });

  test("that fails once it has begun says so in its last line", async () => {
    const fail = Promise.withResolvers<void>();
    await using harness = await startHarness({
      async *list() {
        yield ["i-1"];
        await fail.promise;
      },
    });
    const response = await fetch(`${harness.url}/v1/resources?kind=${KIND}&account=home`, { headers: lines });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain('"item"');
    const closing = harness.nexus.close();
    let rest = "";
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) rest += next.value;
    const last = JSON.parse(rest.trimEnd().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({
      error: { reason: "ErrServerUnavailable", traceId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
    fail.resolve();
    await closing;
  });
});

describe("an answer that is not read", () => {
  test("is given up after a while, whatever its route is", async () => {
    const long = "x".repeat(200);
    await using harness = await startHarness(
      {
        async *list() {
          yield Array.from({ length: 20_000 }, (_, index) => `${long}-${index}`);
        },
      },
      { stallMs: 100 },
    );
    const connection = await connectRaw(harness.port);
    connection.socket.pause();
    connection.write(`GET /v1/resources?kind=${KIND}&account=home HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    expect(await harness.logged(({ route }) => route === "/v1/resources")).toMatchObject({ status: 499 });
    connection.socket.destroy();
  });
});

describe("more calls than the server takes at once", () => {
  test("are turned away with 429 and a time to wait, on a connection that is kept; health is answered", async () => {
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    await using harness = await startHarness(
      {
        async *list() {
          arrived.resolve();
          await release.promise;
          yield ["i-1"];
        },
      },
      { maxConcurrentCalls: 1 },
    );
    const running = fetch(`${harness.url}/v1/resources?kind=${KIND}&account=home`);
    await arrived.promise;
    const connection = await connectRaw(harness.port);
    const get = (path: string) => connection.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    get(`/v1/resource?ref=${fakeRef("i-1")}`);
    const refused = await connection.answer();
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
    expect(refused.headers.connection).not.toBe("close");
    const body = JSON.stringify({ ref: fakeRef("i-1"), action: "stop" });
    const action = await fetch(`${harness.url}/v1/actions`, { method: "POST", headers: json, body });
    expect([action.status, await action.json()]).toMatchObject([429, { effect: "none" }]);
    expect(JSON.parse(refused.body)).toMatchObject({
      ...{ code: "resource_exhausted", reason: "ErrOverloaded", origin: "kernel" },
      retry: { retryable: true, afterMs: 1_000 },
    });
    for (const path of ["/healthz", "/readyz", "/v1/kinds", "/openapi.json"]) {
      get(path);
      expect((await connection.answer()).status).toBe(200);
    }
    release.resolve();
    expect((await running).status).toBe(200);
    get(`/v1/resource?ref=${fakeRef("i-1")}`);
    expect((await connection.answer()).status).toBe(200);
    connection.socket.destroy();
  });

  test("does not count those that failed", async () => {
    await using harness = await startHarness({}, { maxConcurrentCalls: 1 });
    for (const ref of ["nonsense", "fake/-/nobody/north/compute.VirtualMachine/x", fakeRef("i-1"), "nonsense"]) {
      const { status } = await fetch(`${harness.url}/v1/resource?ref=${encodeURIComponent(ref)}`);
      expect(status).not.toBe(429);
    }
  });
});

test("a connection more than there may be is closed, and the others are kept", async () => {
  await using harness = await startHarness({}, { maxConnections: 1 });
  const first = await connectRaw(harness.port);
  first.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
  expect((await first.answer()).status).toBe(200);
  const second = await connectRaw(harness.port);
  if (!second.socket.closed) await once(second.socket, "close");
  first.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
  expect((await first.answer()).status).toBe(200);
  first.socket.destroy();
});
