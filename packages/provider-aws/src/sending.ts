import { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { TLSSocket } from "node:tls";
import type { ProviderCall } from "@cloudlink/core";
import type { DeserializeMiddleware, HttpRequest, HttpResponse, MiddlewareStack } from "@smithy/types";

/** How far a request has come on its way to AWS and back: what is known of it when it fails. */
export interface Sending {
  /** Whether a byte of it may have reached anybody. While it waits for a connection, or for the end of a TLS handshake, none has. */
  hasLeft: boolean;
  /** The status of the answer, from the moment its head has come, which Node hands over as a whole. */
  status: number | undefined;
}

/** A request that is still here. */
export function unsent(): Sending {
  return { hasLeft: false, status: undefined };
}

/** What a request is noted for. */
interface Noted {
  readonly call: ProviderCall;
  /** Such as `ec2:DescribeInstances`. */
  readonly operation: string;
  /** Whether it belongs to several calls, so that the end of this one does not keep it from being sent. */
  readonly isShared?: boolean;
  /** Kept up to date while the request is on its way. */
  readonly sending?: Sending;
}

/** Tells the kernel of a request when it is really sent, which may be after others, or never. */
export function noteSending<Input extends object, Output extends object>(
  command: { readonly middlewareStack: MiddlewareStack<Input, Output> },
  { call, operation, isShared = false, sending }: Noted,
): { at(): number } {
  const { ctx, report } = call;
  let sentAt: number | undefined;
  const middleware: DeserializeMiddleware<Input, Output> = (next) => async (args) => {
    if (!isShared) ctx.throwIfDone();
    sentAt = ctx.clock.nowMs();
    report.vendorRequest({ operation });
    if (sending !== undefined) watchBody(args.request as HttpRequest, sending);
    const answered = await next(args);
    if (sending !== undefined) sending.status = (answered.response as HttpResponse).statusCode;
    return answered;
  };
  // The last step before the socket.
  command.middlewareStack.add(middleware, { step: "deserialize", priority: "low" });
  return { at: () => sentAt ?? ctx.clock.nowMs() };
}

/**
 * Puts a stream in the place of the request's body. The SDK's handler keeps its `ClientRequest` to itself; the one way to learn when a
 * connection takes the request is to be what is piped into it.
 */
function watchBody(request: HttpRequest, sending: Sending): void {
  request.body = new WatchedBody(String(request.body ?? ""), sending);
}

class WatchedBody extends Readable {
  readonly #text: string;
  readonly #sending: Sending;

  constructor(text: string, sending: Sending) {
    super();
    this.#text = text;
    this.#sending = sending;
  }

  override _read(): void {
    this.push(this.#text);
    this.push(null);
  }

  override pipe<Target extends NodeJS.WritableStream>(target: Target, options?: { end?: boolean }): Target {
    const leave = () => {
      this.#sending.hasLeft = true;
    };
    if (target instanceof ClientRequest && !target.socket) {
      target.once("socket", (socket) => onceOpen(socket, { isReused: target.reusedSocket, run: leave }));
    } else {
      // Where it goes is not known: it may be there already.
      leave();
    }
    return super.pipe(target, options);
  }
}

/** Runs when the socket takes data: at once where it is open, and when TCP, and TLS where there is any, have come about. */
function onceOpen(socket: Socket, { isReused, run }: { readonly isReused: boolean; readonly run: () => void }): void {
  if (socket instanceof TLSSocket) {
    // Node checks the certificate before it says so and before it writes.
    if (isReused || socket.getPeerFinished() !== undefined) run();
    else socket.once("secureConnect", run);
  } else if (socket.connecting) socket.once("connect", run);
  else run();
}
