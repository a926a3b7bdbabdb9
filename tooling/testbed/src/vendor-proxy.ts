import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, request as sendRequest } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What the proxy does to requests instead of passing them on.
 * - `hold`: they wait until `release()`, and are passed on then.
 * - `answer`: they get this answer, and the server behind never sees them.
 * - `cut`: the connection is destroyed in the middle of the server's own answer.
 */
export type Interference =
  | { readonly kind: "hold" | "cut" }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    };

/** An interference in force. */
export interface ActiveInterference extends Disposable {
  /** Settles when the first request meets it. */
  readonly arrived: Promise<void>;
  /** Settles when the client of a request that it met has closed its connection before an answer. */
  readonly clientGone: Promise<void>;
  /** Lets the requests go on that it holds, and ends it. */
  release(): void;
}

/** A proxy in front of a server that can neither count its requests nor misbehave. */
export interface VendorProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** How many requests have arrived. */
  requestCount(): number;
  /** From now on, for every request, until disposed of. */
  interfere(interference: Interference): ActiveInterference;
  close(): Promise<void>;
}

/** One interference with those who wait for it. */
class Active implements ActiveInterference {
  readonly #end: () => void;
  readonly #arrived = Promise.withResolvers<void>();
  readonly #clientGone = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();
  readonly interference: Interference;

  constructor(interference: Interference, end: () => void) {
    this.interference = interference;
    this.#end = end;
  }

  get arrived(): Promise<void> {
    return this.#arrived.promise;
  }

  get clientGone(): Promise<void> {
    return this.#clientGone.promise;
  }

  get released(): Promise<void> {
    return this.#released.promise;
  }

  meet(response: ServerResponse): void {
    response.once("close", () => {
      if (!response.writableFinished) this.#clientGone.resolve();
    });
    this.#arrived.resolve();
  }

  release(): void {
    this.#end();
    this.#released.resolve();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** Starts a proxy on a free port of 127.0.0.1, in front of `target`. */
export async function startVendorProxy({ target }: { readonly target: string }): Promise<VendorProxy> {
  let count = 0;
  let active: Active | undefined;
  const server = createServer({ keepAliveTimeout: 120_000 }, async (request, response) => {
    count += 1;
    const current = active;
    // Read whole before anything else: a request that is held has arrived whole.
    const body = await readAll(request);
    current?.meet(response);
    if (current?.interference.kind === "answer") {
      const { status, headers, body: answer } = current.interference;
      response.writeHead(status, headers).end(answer);
      return;
    }
    if (current?.interference.kind === "hold") await current.released;
    if (response.destroyed) return;
    await passOn({ target, request, body, response, cut: current?.interference.kind === "cut" });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    active?.release();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requestCount: () => count,
    interfere(interference) {
      active?.release();
      const next: Active = new Active(interference, () => {
        if (active === next) active = undefined;
      });
      active = next;
      return next;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface Exchange {
  readonly target: string;
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly response: ServerResponse;
  readonly cut: boolean;
}

async function passOn({ target, request, body, response, cut }: Exchange): Promise<void> {
  const { method, headers, url = "/" } = request;
  // The host header stays the client's: it is part of what was signed.
  const forwarded = sendRequest(new URL(url, target), { method: method ?? "GET", headers });
  // A client that leaves takes its request along.
  response.once("close", () => forwarded.destroy());
  try {
    forwarded.end(body);
    const [answer] = (await once(forwarded, "response")) as [IncomingMessage];
    const whole = await readAll(answer);
    const { "transfer-encoding": _chunked, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, { ...kept, "content-length": whole.length });
    if (cut) response.write(whole.subarray(0, whole.length / 2), () => response.destroy());
    else response.end(whole);
  } catch {
    response.destroy();
  }
}
