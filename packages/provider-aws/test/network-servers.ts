import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer as createNetServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";

/** A file with the certificate of {@link startTlsFront}, which nobody trusts by default. */
export const certificateFile = join(import.meta.dirname, "fixtures/localhost-certificate.pem");

/** A server of a test, on a free port of 127.0.0.1. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
}

/** A server in front of another, which sees what connections its clients keep. */
export interface TestFront extends TestServer {
  /** How many have been made so far. */
  readonly connections: number;
  /** Resolves as soon as none is open. */
  whenIdle(): Promise<void>;
}

/** A front that passes everything on as it comes. */
export async function startFront(target: { readonly port: number }): Promise<TestFront> {
  let connections = 0;
  const open = new Set<Socket>();
  let waiting: (() => void)[] = [];
  const server = createNetServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      if (open.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    });
    passOn(socket, connect({ host: "127.0.0.1", port: target.port }));
  });
  return {
    ...(await listening(server)),
    get connections() {
      return connections;
    },
    whenIdle: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

/** TLS in front of a server that has none. */
export async function startTlsFront(target: { readonly port: number }): Promise<TestServer> {
  const key = readFileSync(join(import.meta.dirname, "fixtures/localhost-key.pem"));
  const server = createTlsServer({ key, cert: readFileSync(certificateFile) }, (socket) => {
    passOn(socket, connect({ host: "127.0.0.1", port: target.port }));
  });
  return await listening(server);
}

/** A proxy that opens tunnels (CONNECT) and remembers where to. */
export interface TestProxy extends TestServer {
  readonly tunnels: string[];
  /** Tunnels and requests for them that are open now. */
  readonly open: ReadonlySet<Socket>;
  /** Resolves with the next request for a tunnel, once it has come. */
  nextTunnel(): Promise<Socket>;
}

export async function startProxy(
  settings: { readonly answer?: "tunnel" | "authenticate" | "nothing" } = {},
): Promise<TestProxy> {
  const tunnels: string[] = [];
  const open = new Set<Socket>();
  let next = Promise.withResolvers<Socket>();
  const server = createHttpServer((_request, response) => response.writeHead(501).end());
  server.on("connect", (request, client: Socket) => {
    tunnels.push(request.url ?? "");
    open.add(client);
    client.once("close", () => open.delete(client));
    // A server of HTTP keeps its half of a connection that the client has ended.
    client.once("end", () => client.destroy());
    next.resolve(client);
    next = Promise.withResolvers();
    if (settings.answer === "nothing") return;
    if (settings.answer === "authenticate") {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nlogin");
      return;
    }
    const [host, port] = (request.url ?? "").split(":");
    const target = connect({ host: host ?? "", port: Number(port) }, () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      passOn(client, target);
    });
  });
  return { ...(await listening(server)), tunnels, open, nextTunnel: () => next.promise };
}

/** Passes bytes on, both ways, and the end of either. */
function passOn(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => {});
    from.once("close", () => to.destroy());
  }
}

async function listening(server: Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
