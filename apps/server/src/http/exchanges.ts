import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { CloudLinkError } from "@cloudlink/core";
import { Exchange } from "./exchange.ts";

/** The exchanges that are open: those that end with their connection, and those that the end of the server waits for. */
export class Exchanges {
  readonly #onEnd: (exchange: Exchange) => void;
  readonly #byRequest = new WeakMap<IncomingMessage, Exchange>();
  /** Several on one connection where a client pipelines. */
  readonly #bySocket = new Map<Socket, Map<Exchange, IncomingMessage>>();
  readonly #idle = new Set<() => void>();
  #open = 0;

  /** @param onEnd - told of each exchange once, when it is over, however it ends. */
  constructor(onEnd: (exchange: Exchange) => void) {
    this.#onEnd = onEnd;
  }

  begin(request: IncomingMessage, response: ServerResponse): Exchange {
    const exchange = new Exchange(request, response);
    this.#byRequest.set(request, exchange);
    this.#open += 1;
    const here = this.#connection(request.socket);
    here.set(exchange, request);
    response.once("close", () => this.#end(exchange, here));
    return exchange;
  }

  of(request: IncomingMessage): Exchange {
    const exchange = this.#byRequest.get(request);
    if (exchange === undefined) throw new Error("this request was not begun");
    return exchange;
  }

  /** What is open on a connection, the oldest first. */
  on(socket: Socket): readonly (readonly [Exchange, IncomingMessage])[] {
    return [...(this.#bySocket.get(socket) ?? [])];
  }

  /** The connections on which something is open. */
  sockets(): readonly Socket[] {
    return [...this.#bySocket].filter(([, here]) => here.size > 0).map(([socket]) => socket);
  }

  /** Resolves when none is open. */
  async whenIdle(): Promise<void> {
    if (this.#open === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.add(resolve);
    await promise;
  }

  abortAll(reason: CloudLinkError): void {
    for (const here of this.#bySocket.values()) for (const exchange of here.keys()) exchange.abort(reason);
  }

  #connection(socket: Socket): Map<Exchange, IncomingMessage> {
    const known = this.#bySocket.get(socket);
    if (known !== undefined) return known;
    const here = new Map<Exchange, IncomingMessage>();
    this.#bySocket.set(socket, here);
    // The responses behind the first of a pipeline have no connection yet: not every Node tells them of its end (20 does not, 24 does).
    socket.once("close", () => {
      this.#bySocket.delete(socket);
      for (const exchange of here.keys()) this.#end(exchange, here);
    });
    return here;
  }

  #end(exchange: Exchange, here: Map<Exchange, IncomingMessage>): void {
    if (!here.delete(exchange)) return;
    if (!exchange.isAnswered) exchange.abort(clientGone());
    this.#open -= 1;
    this.#onEnd(exchange);
    if (this.#open > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}

function clientGone(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrCanceled",
    message: "The client closed the connection before the answer was complete.",
    origin: "caller",
  });
}
