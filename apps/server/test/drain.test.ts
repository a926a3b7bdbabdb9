import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { fakeRef, untilAborted } from "./fake-provider.ts";
import { startHarness } from "./harness.ts";
import { connectRaw } from "./raw-connection.ts";

const LIST = "/v1/resources?kind=compute.VirtualMachine&account=home";
const lines = { accept: "application/x-ndjson" };
const raw = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;

async function restOf(reader: ReadableStreamDefaultReader<string> | undefined): Promise<string> {
  let rest = "";
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) rest += next.value;
  return rest;
}

describe("a server that is told to end", () => {
  test("lets a list that runs come to its end, and turns new calls away meanwhile", async () => {
    const release = Promise.withResolvers<void>();
    await using harness = await startHarness({
      async *list() {
        yield ["first"];
        await release.promise;
        yield ["last"];
      },
    });
    const kept = await connectRaw(harness.port);
    kept.write(raw("/readyz"));
    expect((await kept.answer()).status).toBe(200);
    const response = await fetch(`${harness.url}${LIST}`, { headers: lines });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain("first");

    const ended = harness.drain();
    const ready = await fetch(`${harness.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: "draining" }]);
    expect((await fetch(`${harness.url}/healthz`)).status).toBe(200);
    kept.write(raw(`/v1/resource?ref=${fakeRef("i-1")}`));
    const refused = await kept.answer();
    expect(refused).toMatchObject({ status: 503, headers: { connection: "close", "retry-after": "1" } });
    expect(JSON.parse(refused.body)).toMatchObject({ reason: "ErrServerUnavailable", retry: { retryable: true } });
    expect(await kept.untilClosed()).toBe("");

    release.resolve();
    const rest = await restOf(reader);
    expect(rest).toContain("last");
    expect(rest).toMatch(/\{"end":.*\}\n$/);
    await ended;
    await expect(fetch(`${harness.url}/healthz`)).rejects.toThrow();
  });

  test("refuses a request whose body is still on its way, and says that nothing was done", async () => {
    await using harness = await startHarness({}, { drainMs: 20 });
    const connection = await connectRaw(harness.port);
    connection.write(
      "POST /v1/actions HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n",
    );
    // Told to go on, so it has come in.
    await once(connection.socket, "data");
    connection.write("{");
    const ended = harness.drain();
    const text = await connection.untilClosed();
    const [, refusal = ""] = text.split("HTTP/1.1 100 Continue\r\n\r\n");
    expect(refusal).toMatch(/^HTTP\/1\.1 503 /);
    expect(refusal).toMatch(/retry-after: 1\r\n/);
    expect(JSON.parse(refusal.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      reason: "ErrServerUnavailable",
      effect: "none",
      retry: { retryable: true },
    });
    await ended;
    expect(await harness.logged(({ route }) => route === "/v1/actions")).toMatchObject({ status: 503 });
  });

  test("turns an action away, and says that nothing was done", async () => {
    const release = Promise.withResolvers<void>();
    const came = Promise.withResolvers<void>();
    await using harness = await startHarness({
      async *list() {
        came.resolve();
        await release.promise;
        yield ["i-1"];
      },
    });
    const running = fetch(`${harness.url}${LIST}`);
    await came.promise;
    const ended = harness.drain();
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ ref: fakeRef("i-1"), action: "stop" });
    const refused = await fetch(`${harness.url}/v1/actions`, { method: "POST", headers, body });
    expect([refused.status, await refused.json()]).toMatchObject([503, { effect: "none" }]);
    release.resolve();
    expect((await running).status).toBe(200);
    await ended;
  });

  test("ends at once when nothing runs, with connections that are open and idle", async () => {
    const harness = await startHarness({}, { drainMs: 2_000_000_000 });
    const idle = await connectRaw(harness.port);
    idle.write(raw("/healthz"));
    expect((await idle.answer()).status).toBe(200);
    await harness.close();
    expect(await idle.untilClosed()).toBe("");
  });

  test("cancels what has not ended in time, and says so to who waits for it", async () => {
    const aborted = Promise.withResolvers<void>();
    const bothCame = Promise.withResolvers<void>();
    let came = 0;
    const hang = async (call: Parameters<typeof untilAborted>[0]) => {
      call.ctx.signal.addEventListener("abort", () => aborted.resolve());
      came += 1;
      if (came === 2) bothCame.resolve();
      return await untilAborted(call);
    };
    await using harness = await startHarness(
      {
        get: hang,
        async *list(call) {
          yield ["first"];
          await hang(call);
        },
      },
      { drainMs: 20 },
    );
    const got = fetch(`${harness.url}/v1/resource?ref=${fakeRef("i-1")}`);
    const response = await fetch(`${harness.url}${LIST}`, { headers: lines });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain("first");
    await bothCame.promise;
    const ended = harness.drain();
    const failed = await got;
    expect([failed.status, await failed.json()]).toMatchObject([503, { reason: "ErrServerUnavailable" }]);
    const last = (await restOf(reader)).trimEnd().split("\n").at(-1) ?? "";
    expect(JSON.parse(last)).toMatchObject({ error: { reason: "ErrServerUnavailable" } });
    await aborted.promise;
    await ended;
  });

  test("ends although a vendor notices nothing and a client reads nothing", async () => {
    const came = Promise.withResolvers<void>();
    const harness = await startHarness(
      {
        get: async () => {
          came.resolve();
          return await Promise.withResolvers<never>().promise;
        },
      },
      { drainMs: 0 },
    );
    const connection = await connectRaw(harness.port);
    connection.socket.pause();
    connection.write(raw(`/v1/resource?ref=${fakeRef("i-1")}`));
    await came.promise;
    await harness.drain();
    connection.socket.destroy();
    await harness.close();
  });

  test("may be told so twice", async () => {
    const harness = await startHarness();
    await Promise.all([harness.close(), harness.close()]);
  });
});
