import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setInterval as every } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Exchanges } from "../src/http/exchanges.ts";
import { startHarness } from "./harness.ts";
import { connectRaw } from "./raw-connection.ts";

const LIST = "/v1/resources?kind=compute.VirtualMachine&account=home";

function lineRequest(headers = ""): string {
  return `GET ${LIST} HTTP/1.1\r\nhost: localhost\r\naccept: application/x-ndjson\r\nconnection: close\r\n${headers}\r\n`;
}

/** More than the system keeps for a reader, over and over. */
async function* endless(onEnd: () => void) {
  try {
    for (let page = 0; ; page += 1) yield Array.from({ length: 1_000 }, (_, index) => `i-${page}-${index}`);
  } finally {
    onEnd();
  }
}

/** An answer of so many bytes in one write, to whom `read` is: whether all of it came. */
async function answered(
  sizeBytes: number,
  { stallMs, everyMs }: { stallMs: number; everyMs: number },
): Promise<boolean> {
  const exchanges = new Exchanges(() => {});
  const server = createServer((request, response) => {
    const exchange = exchanges.begin(request, response);
    response.writeHead(200, { "content-length": sizeBytes });
    exchange.watchStall(stallMs);
    response.end(Buffer.alloc(sizeBytes, "x"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
  let received = 0;
  // The pace of the reader, which is what this is about.
  for await (const _ of every(everyMs)) {
    if (socket.destroyed || socket.readableEnded) break;
    received += (socket.read() as Buffer | null)?.length ?? 0;
  }
  server.close();
  return received > sizeBytes;
}

describe("a reader", () => {
  test("that never rests is not cut off, however long its answer takes in all", async () => {
    expect(await answered(24_000_000, { stallMs: 1_000, everyMs: 5 })).toBe(true);
  });
});

describe("a stream that waits for its reader", () => {
  test("ends its call at the caller's deadline, and says which parts were not read once it is read again", async () => {
    const ended = Promise.withResolvers<void>();
    await using harness = await startHarness({ list: () => endless(ended.resolve) });
    const connection = await connectRaw(harness.port);
    connection.socket.pause();
    connection.write(lineRequest("x-cloudlink-timeout-ms: 300\r\n"));
    await ended.promise;
    connection.socket.resume();
    const text = await connection.untilClosed();
    expect(text).toMatch(/"problem":.*"deadline_exceeded"/);
    expect(text).toMatch(/\{"end":/);
  });

  test("ends its call when the server cannot wait any longer, and says so", async () => {
    const ended = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    await using harness = await startHarness(
      {
        list: () => {
          began.resolve();
          return endless(ended.resolve);
        },
      },
      { drainMs: 200 },
    );
    const connection = await connectRaw(harness.port);
    connection.socket.pause();
    connection.write(lineRequest());
    await began.promise;
    const drained = harness.drain();
    await ended.promise;
    connection.socket.resume();
    expect(await connection.untilClosed()).toMatch(/\{"error":.*ErrServerUnavailable/);
    await drained;
  });
});
