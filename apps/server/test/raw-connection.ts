import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** An answer that came on a connection. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection on which a test writes byte by byte what no client would. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string | Uint8Array): void;
  /** The next answer with a Content-Length. */
  answer(): Promise<RawAnswer>;
  /** All that came until the server closed the connection. */
  untilClosed(): Promise<string>;
}

export async function connectRaw(port: number): Promise<RawConnection> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let received = "";
  let closed = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    received += text;
    wake();
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
    wake();
  });
  const until = async <Found>(look: () => Found | undefined): Promise<Found> => {
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    const check = () => {
      const found = look();
      if (found === undefined && !closed) return;
      waiting.delete(check);
      if (found === undefined) reject(new Error(`closed after: ${received.slice(0, 500)}`));
      else resolve(found);
    };
    waiting.add(check);
    check();
    return await promise;
  };
  return {
    socket,
    write: (text) => void socket.write(text),
    answer: () =>
      until(() => {
        const end = received.indexOf("\r\n\r\n");
        if (end === -1) return undefined;
        const [first = "", ...rest] = received.slice(0, end).split("\r\n");
        const headers = Object.fromEntries(
          rest.map((line) => [
            line.slice(0, line.indexOf(":")).toLowerCase(),
            line.slice(line.indexOf(":") + 1).trim(),
          ]),
        );
        const length = Number(headers["content-length"]);
        const body = received.slice(end + 4, end + 4 + length);
        if (body.length < length) return undefined;
        received = received.slice(end + 4 + length);
        return { status: Number(first.split(" ")[1]), headers, body };
      }),
    untilClosed: () => until(() => (closed ? received : undefined)),
  };
}

/** One request on a connection of its own, whatever its bytes are, and the answer to it. */
export async function exchangeRaw(port: number, text: string | Uint8Array): Promise<RawAnswer> {
  const connection = await connectRaw(port);
  connection.write(text);
  try {
    return await connection.answer();
  } finally {
    connection.socket.destroy();
  }
}
