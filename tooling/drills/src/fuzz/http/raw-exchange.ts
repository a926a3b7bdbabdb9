import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";

/** What came of some bytes that were sent to a server. */
export interface RawAnswer {
  /** `undefined` where the connection was closed without an answer. */
  readonly status: number | undefined;
  readonly contentType: string;
  readonly body: string;
  /** Whether this side had to end its half of the connection, because the server waited for more. */
  readonly hadToEnd: boolean;
  /** Whether the request was answered without a body, as a HEAD is. */
  readonly isHead: boolean;
}

/** Sends bytes to a server of this process. */
export interface RawExchanges extends Disposable {
  send(bytes: Buffer): Promise<RawAnswer>;
}

/** So many turns of the loop, which server and client share, without anything new: the server waits. */
const IDLE_TURNS = 12;

/** What no answer takes; whoever waits longer is stuck. */
const STUCK_MS = 20_000;

export function rawExchanges(port: number): RawExchanges {
  const requests = new Map<number | undefined, IncomingMessage>();
  const begun = (message: unknown) => {
    const { request, socket } = message as { readonly request: IncomingMessage; readonly socket: Socket };
    if (socket.localPort === port && !requests.has(socket.remotePort)) requests.set(socket.remotePort, request);
  };
  subscribe("http.server.request.start", begun);

  return {
    async send(bytes) {
      const socket = connect(port, "127.0.0.1");
      let received = "";
      let isClosed = false;
      let news = 0;
      const waiting = { wake: () => {} };
      const tell = () => {
        news += 1;
        waiting.wake();
      };
      socket.setEncoding("latin1");
      socket.on("data", (text: string) => {
        received += text;
        tell();
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        isClosed = true;
        tell();
      });
      await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
      const { localPort } = socket;
      await new Promise((resolve) => socket.write(bytes, resolve));

      const answered = () => isClosed || parse(received, requests.get(localPort)?.method) !== undefined;
      let hadToEnd = false;
      const stuck = setTimeout(() => socket.destroy(), STUCK_MS);
      while (!answered()) {
        // A request that the server has whole is answered some time; else there may be nothing that it waits for but more.
        if (requests.get(localPort)?.complete !== true && !hadToEnd) {
          if (await isIdle(() => news)) {
            if (requests.get(localPort)?.complete === true || answered()) continue;
            hadToEnd = true;
            socket.end();
          }
          continue;
        }
        await new Promise<void>((resolve) => {
          waiting.wake = resolve;
        });
      }
      clearTimeout(stuck);
      socket.destroy();
      const answer = parse(received, requests.get(localPort)?.method) ?? {
        status: undefined,
        contentType: "",
        body: "",
      };
      const isHead = requests.get(localPort)?.method === "HEAD";
      requests.delete(localPort);
      return { ...answer, hadToEnd, isHead };
    },
    [Symbol.dispose]: () => void unsubscribe("http.server.request.start", begun),
  };
}

/** Some turns of the loop; whether nothing new came in them. */
async function isIdle(news: () => number): Promise<boolean> {
  const before = news();
  for (let turn = 0; turn < IDLE_TURNS; turn += 1) await nextTurn();
  return news() === before;
}

/** The first answer of a connection, if it is there in whole. */
function parse(
  received: string,
  method: string | undefined,
): Pick<RawAnswer, "status" | "contentType" | "body"> | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const head = received.slice(0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  // 100 Continue, before the answer itself.
  if (status < 200) return parse(received.slice(end + 4), method);
  const field = (name: string) => new RegExp(`^${name}: *(.*?) *$`, "im").exec(head)?.[1] ?? "";
  const rest = received.slice(end + 4);
  const about = { status, contentType: field("content-type") };
  if (method === "HEAD" || status === 204 || status === 304) return { ...about, body: "" };
  if (field("transfer-encoding") === "chunked")
    return rest.endsWith("0\r\n\r\n") ? { ...about, body: rest } : undefined;
  const length = Number(field("content-length"));
  return rest.length >= length ? { ...about, body: rest.slice(0, length) } : undefined;
}
