import { describe, expect, test } from "vitest";
import { fakeRef } from "./fake-provider.ts";
import { startHarness } from "./harness.ts";
import { connectRaw } from "./raw-connection.ts";

const LIST = "/v1/resources?kind=compute.VirtualMachine&account=home";
const connect = "CONNECT a:1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
const get = (path: string, headers = "") => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`;
const stop = () => {
  const body = JSON.stringify({ ref: fakeRef("i-1"), action: "stop" });
  return `POST /v1/actions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
};

describe("CONNECT on a connection where something is open", () => {
  test("does not answer for an action that runs", async () => {
    const came = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    await using harness = await startHarness({
      act: async () => {
        came.resolve();
        await done.promise;
        return { state: "done" };
      },
    });
    const connection = await connectRaw(harness.port);
    connection.write(stop());
    await came.promise;
    connection.write(connect);
    expect(await connection.untilClosed()).toBe("");
    // What became of the action is not what became of the CONNECT.
    expect(await harness.logged(({ route }) => route === "/v1/actions")).toMatchObject({ status: 499 });
    done.resolve();
  });

  test("does not answer for a request that came whole in the same piece", async () => {
    await using harness = await startHarness();
    const connection = await connectRaw(harness.port);
    connection.write(stop() + connect);
    const text = await connection.untilClosed();
    expect(text).not.toMatch(/CONNECT|HTTP\/1\.1 400/);
  });

  test("puts nothing into a stream", async () => {
    const release = Promise.withResolvers<void>();
    await using harness = await startHarness({
      async *list() {
        yield ["first"];
        await release.promise;
      },
    });
    const connection = await connectRaw(harness.port);
    const first = Promise.withResolvers<void>();
    connection.socket.on("data", (text) => String(text).includes("first") && first.resolve());
    connection.write(get(LIST, "accept: application/x-ndjson\r\n"));
    await first.promise;
    connection.write(connect);
    const text = await connection.untilClosed();
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(text).not.toMatch(/CONNECT/);
    release.resolve();
  });

  test("is refused once the answers before it have gone", async () => {
    await using harness = await startHarness();
    const connection = await connectRaw(harness.port);
    connection.write(get("/healthz"));
    expect((await connection.answer()).status).toBe(200);
    connection.write(connect);
    const refused = await connection.answer();
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining("CONNECT")]);
    expect(await connection.untilClosed()).toBe("");
  });
});

test("an Upgrade behind a call that runs is a request like another, and has its answer in its turn", async () => {
  const release = Promise.withResolvers<void>();
  await using harness = await startHarness({
    async *list() {
      await release.promise;
      yield ["i-1"];
    },
  });
  const connection = await connectRaw(harness.port);
  connection.write(get(LIST) + get("/healthz", "connection: upgrade\r\nupgrade: websocket\r\n"));
  release.resolve();
  expect((await connection.answer()).body).toContain("i-1");
  expect(await connection.answer()).toMatchObject({ status: 200, body: expect.stringContaining("ok") });
  connection.socket.destroy();
});

test("an answer that waits for its turn in a pipeline is not taken for one that is not read", async () => {
  const release = Promise.withResolvers<void>();
  const long = "x".repeat(100);
  await using harness = await startHarness(
    {
      get: async (call, { id }) => {
        call.report.vendorRequest({ operation: "fake:Call" });
        await release.promise;
        throw new Error(id);
      },
      async *list() {
        yield Array.from({ length: 2_000 }, (_, index) => `${long}-${index}`);
        yield ["last"];
      },
    },
    { stallMs: 20 },
  );
  const connection = await connectRaw(harness.port);
  connection.write(
    get(`/v1/resource?ref=${fakeRef("i-1")}`) + get(LIST, "accept: application/x-ndjson\r\nconnection: close\r\n"),
  );
  // Several times as long as a reader may take.
  const another = await startHarness({}, { stallMs: 20 });
  for (let times = 0; times < 200; times += 1) await fetch(`${another.url}/healthz`);
  await another.close();
  release.resolve();
  expect((await connection.answer()).status).toBe(500);
  expect(await connection.untilClosed()).toMatch(/\{"end":/);
});
