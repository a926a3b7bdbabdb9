import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, request as sendRequest } from "node:http";
import type { AddressInfo } from "node:net";

/** What happens to the requests that come while it is in force. */
export type Loss =
  /** The connection ends, and the server behind never sees them. */
  | "request"
  /** The server behind does as it is asked, and nothing of its answer is passed on. */
  | "answer";

/** A server in front of a stand-in of EC2 that does not tell what it has done. */
export interface VendorRecorder extends AsyncDisposable {
  readonly endpoint: string;
  /** How often the action was answered with success on the instance, passed on or not. */
  carriedOut(action: string, id: string): number;
  lose(what: Loss): Disposable;
}

/** Starts a recorder on a free port of 127.0.0.1, in front of `target`. */
export async function startVendorRecorder({ target }: { readonly target: string }): Promise<VendorRecorder> {
  const done: string[] = [];
  let loss: Loss | undefined;

  async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", headers, url = "/" } = request;
    const body = await readAll(request);
    if (loss === "request") {
      response.destroy();
      return;
    }
    const forwarded = sendRequest(new URL(url, target), { method, headers });
    response.once("close", () => forwarded.destroy());
    forwarded.end(body);
    const [answer] = (await once(forwarded, "response")) as [IncomingMessage];
    const whole = await readAll(answer);
    const { statusCode: status = 502 } = answer;
    const form = new URLSearchParams(body.toString());
    if (status < 300) done.push(`${form.get("Action")} ${form.get("InstanceId.1")}`);
    if (loss === "answer") {
      response.destroy();
      return;
    }
    const { "transfer-encoding": _chunked, ...kept } = answer.headers;
    response.writeHead(status, { ...kept, "content-length": whole.length }).end(whole);
  }

  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    passOn(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    carriedOut: (action, id) => done.filter((entry) => entry === `${action} ${id}`).length,
    lose(what) {
      loss = what;
      return {
        [Symbol.dispose]() {
          loss = undefined;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
