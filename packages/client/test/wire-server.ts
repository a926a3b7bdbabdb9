import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { inspect } from "node:util";
import { background, CloudLinkError, type Context, VirtualMachine } from "@cloudlink/core";
import { expect } from "vitest";

/** What came in. */
export interface Incoming {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
  readonly response: ServerResponse;
  /** Names the connection that it came by. */
  readonly port: number | undefined;
  /** Resolves when the connection that it came by is closed. */
  readonly closed: Promise<unknown>;
}

/** A server that answers as a test says, by real sockets. */
export interface WireServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly Incoming[];
  /** Resolves with the next request that comes in. */
  nextRequest(): Promise<Incoming>;
}

export async function wireServer(answer: (request: Incoming) => unknown): Promise<WireServer> {
  const requests: Incoming[] = [];
  const waiting: ((request: Incoming) => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const request: Incoming = {
      method: message.method ?? "",
      url: new URL(message.url ?? "", "http://server"),
      headers: message.headers,
      body: text === "" ? undefined : JSON.parse(text),
      response,
      port: message.socket.remotePort,
      closed: new Promise((resolve) => message.socket.once("close", resolve)),
    };
    requests.push(request);
    waiting.shift()?.(request);
    await answer(request);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Sends JSON. */
export function json({ response }: Incoming, form: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(form));
}

/** Sends anything. */
export function raw(
  { response }: Incoming,
  sent: { status?: number; type?: string; headers?: Record<string, string>; body?: string | Buffer },
): void {
  const { status = 200, type = "application/json", headers = {}, body = "" } = sent;
  response.writeHead(status, { "content-type": type, ...headers }).end(body);
}

export const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
export const stats = { vendorCalls: 1, retries: 0, durationMs: 2.5 };
export const refText = "aws/aws/111111111111/eu-west-1/compute.VirtualMachine/i-1";

/** A machine as it is sent. */
export function machine(id = "i-1") {
  return {
    ref: `aws/aws/111111111111/eu-west-1/${VirtualMachine.name}/${id}`,
    nativeId: `arn:aws:ec2:eu-west-1:111111111111:instance/${id}`,
    view: "standard",
    freshness: { source: "live", observedAt: "2026-11-23T18:52:21.125Z", ageMs: 3 },
    value: { id, powerState: "running", tags: { team: "web" } },
  };
}

export const ctx: Context = background();

/** What a call rejects with: always a CloudLinkError. */
export async function failure(promise: Promise<unknown>): Promise<CloudLinkError> {
  const thrown = await promise.then(
    () => expect.fail("it did not reject"),
    (error: unknown) => error,
  );
  expect(CloudLinkError.isInstance(thrown), inspect(thrown)).toBe(true);
  return thrown as CloudLinkError;
}

/** An operation that runs, as it is sent. */
export const running = {
  ref: refText,
  action: "stop",
  idempotencyKey: "key-1",
  token: "1.abc.def",
  status: { state: "running", pollAfterMs: 500 },
  replayed: false,
  traceId,
  stats,
};

/** An answer, as it is sent. */
export const answer = { ...machine(), traceId, stats };
