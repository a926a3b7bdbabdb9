import { type CloudLinkError, type Context, untilDone } from "@cloudlink/core";
import { malformed, unavailable } from "./client-error.ts";
import { type Connection, throwIfOver } from "./connection.ts";

/** The bytes of a response, a chunk at a time: the next is taken from the connection when it is asked for. */
export interface ChunkReader {
  /** The next chunk, or `undefined` at the end. @throws why the call is over; `unavailable` where the connection was cut. */
  next(ctx: Context): Promise<Uint8Array | undefined>;
  /** Lets go of the response, whether it was read to its end or not. */
  cancel(): void;
}

export function chunksOf(connection: Connection, response: Response): ChunkReader {
  const reader = response.body?.getReader();
  return {
    async next(ctx) {
      if (reader === undefined) return undefined;
      try {
        const { done, value } = await untilDone(ctx, reader.read());
        return done ? undefined : value;
      } catch (thrown) {
        throwIfOver(ctx, thrown);
        throw cutOff(connection);
      }
    },
    cancel() {
      // It fails where the connection has, which was told already.
      reader?.cancel().catch(() => {});
    },
  };
}

/** The error of an answer that ended before its end. */
export function cutOff({ origin }: Connection): CloudLinkError {
  return unavailable(`The connection to the server at ${origin} ended in the middle of its answer.`);
}

/**
 * The JSON of a response.
 *
 * @throws `internal` (`ErrMalformedResponse`) for what is no JSON or larger than `maxBytes`; as {@link ChunkReader.next}.
 */
export async function readJson(
  connection: Connection,
  { ctx, response, maxBytes }: { readonly ctx: Context; readonly response: Response; readonly maxBytes: number },
): Promise<unknown> {
  const chunks = chunksOf(connection, response);
  try {
    const decoder = createBodyDecoder();
    let size = 0;
    let text = "";
    for (let chunk = await chunks.next(ctx); chunk !== undefined; chunk = await chunks.next(ctx)) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      text += decoder.next(chunk);
    }
    return parsed(text + decoder.next());
  } finally {
    chunks.cancel();
  }
}

/** Text from the bytes of a response. Bytes that are no UTF-8 are no JSON either (RFC 8259, 8.1). */
export interface BodyDecoder {
  /** The characters that the chunk completes; without one, what is left. @throws `internal` (`ErrMalformedResponse`) for what is no UTF-8. */
  next(chunk?: Uint8Array): string;
  /** All of a text. @throws as `next` does. */
  whole(bytes: Uint8Array): string;
}

export function createBodyDecoder(): BodyDecoder {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decoded = (bytes: Uint8Array | undefined, stream: boolean) => {
    try {
      return decoder.decode(bytes, { stream });
    } catch {
      throw malformed("What the server sent is no UTF-8.");
    }
  };
  return { next: (chunk) => decoded(chunk, chunk !== undefined), whole: (bytes) => decoded(bytes, false) };
}

/** @throws `internal` (`ErrMalformedResponse`). */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    throw malformed("What the server sent is no JSON.");
  }
}

/** The error of an answer, or a part of one, that is larger than the client takes. */
export function tooLarge(maxBytes: number): CloudLinkError {
  return malformed(
    `What the server sent is larger than maxAnswerBytes of the client's settings, ${maxBytes}. Ask for less, or raise it.`,
  );
}
