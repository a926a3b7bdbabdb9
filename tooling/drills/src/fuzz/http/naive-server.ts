import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that can be sent bytes. */
export interface HttpSubject extends AsyncDisposable {
  readonly port: number;
}

/**
 * The control: a server as they are written in an afternoon. It merges what it is sent into its defaults, decodes what it is asked for where
 * nobody catches, and checks it by an expression that backtracks.
 */
export async function startNaiveServer(): Promise<HttpSubject> {
  const server = createServer(async (request, response) => {
    try {
      const body = Buffer.concat(await request.toArray()).toString();
      const settings = merge({}, body === "" ? {} : JSON.parse(body));
      const query = new URLSearchParams(request.url?.split("?")[1]);
      for (const [path, value] of query) {
        put(settings, path.split("."), value);
        if (/^(\w+\s?)+!$/.test(value.slice(0, 26))) throw new Error("no shouting");
      }
      response.end(`<h1>${String(settings.kind ?? "hello").toUpperCase()}</h1>`);
    } catch (error) {
      response.writeHead(500, { "content-type": "text/html" }).end(String(error));
    }
    setImmediate(() => decodeURIComponent(request.url ?? "/"));
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

type Tree = Record<string, unknown>;

function put(into: Tree, [name = "", ...path]: readonly string[], value: string): void {
  if (path.length === 0) into[name] = value;
  else put((into[name] ?? {}) as Tree, path, value);
}

function merge(into: Tree, from: Tree): Tree {
  for (const [name, value] of Object.entries(from)) {
    if (typeof value === "object" && value !== null && typeof into[name] === "object")
      merge(into[name] as Tree, value as Tree);
    else into[name] = value;
  }
  return into;
}
