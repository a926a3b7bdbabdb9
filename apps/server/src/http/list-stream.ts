import type { ServerResponse } from "node:http";
import {
  encodeListEnd,
  encodeListError,
  encodeListLines,
  formatListLine,
  mediaTypes,
  type NativeIdOf,
} from "@cloudlink/client/wire";
import type { Context, ListPage } from "@cloudlink/core";
import type { FastifyReply } from "fastify";
import type { Exchange } from "./exchange.ts";
import { failureOf } from "./failure.ts";

/** How much is gathered before it is written: a line at a time would be a system call each. */
const CHUNK_CHARACTERS = 64 * 1024;

/** A list that is sent as it arrives. */
export interface ListStream {
  readonly pages: AsyncIterable<ListPage<unknown>>;
  readonly nativeIdOf: NativeIdOf;
  /** The call's: once it is over, nothing waits for the reader any more. */
  readonly ctx: Context;
  readonly exchange: Exchange;
  readonly stallMs: number;
}

/**
 * Sends a list as lines, page by page as the kernel has them, and asks for no more than the reader takes.
 *
 * @throws what the list throws before its first page, while there is still a status to say it by. Later it is the last line.
 */
export async function sendListStream(reply: FastifyReply, stream: ListStream): Promise<void> {
  const { exchange, nativeIdOf } = stream;
  const pages = stream.pages[Symbol.asyncIterator]();
  let next = await pages.next();
  reply.type(mediaTypes.lines);
  reply.hijack();
  const response = reply.raw;
  response.writeHead(
    200,
    Object.entries(reply.getHeaders()).flatMap(([name, value]) => [name, String(value)]),
  );
  using over = stream.ctx.withCancel();
  const lines = new LineWriter(response, { ...stream, ctx: over });
  try {
    let last: Pick<ListPage<unknown>, "traceId" | "stats"> = nothingListed(exchange);
    while (next.done !== true && !response.destroyed) {
      last = next.value;
      for (const line of encodeListLines(next.value, nativeIdOf)) await lines.write(formatListLine(line));
      // Whoever reads gets what there is before the next page, which may take long.
      await lines.flush();
      next = await pages.next();
    }
    await lines.write(formatListLine(encodeListEnd(last)));
  } catch (error) {
    const failure = failureOf(error);
    exchange.error ??= failure.error;
    await lines.write(formatListLine(encodeListError(failure.error.with({ traceId: exchange.trace.traceId }))));
  } finally {
    await lines.flush();
    if (!response.destroyed) exchange.watchStall(stream.stallMs);
    response.end();
    // Where the loop was left before its end, the vendor's calls end with this.
    await pages.return?.();
  }
}

function nothingListed({ trace }: Exchange) {
  return { traceId: trace.traceId, stats: { vendorCalls: 0, savedCalls: 0, retries: 0, durationMs: 0 } };
}

/**
 * Writes lines as fast as they are read, and no faster. Once nobody reads any more, it writes nothing. Once the call is over, it waits for nobody: what
 * the kernel has to say then, of the parts that were not read or of why it ended, is little.
 */
class LineWriter {
  readonly #response: ServerResponse;
  readonly #exchange: Exchange;
  readonly #over: AbortSignal;
  readonly #stallMs: number;
  #waiting = "";

  constructor(response: ServerResponse, { exchange, ctx, stallMs }: ListStream) {
    this.#response = response;
    this.#exchange = exchange;
    this.#over = ctx.signal;
    this.#stallMs = stallMs;
  }

  async write(line: string): Promise<void> {
    this.#waiting += line;
    if (this.#waiting.length >= CHUNK_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = "";
    if (text === "" || this.#response.destroyed || this.#response.write(text)) return;
    if (this.#over.aborted) return;
    this.#exchange.watchStall(this.#stallMs);
    const { promise, resolve } = Promise.withResolvers<void>();
    const goOn = () => resolve();
    this.#response.once("drain", goOn).once("close", goOn);
    this.#over.addEventListener("abort", goOn, { once: true });
    await promise;
    this.#response.off("drain", goOn).off("close", goOn);
    this.#over.removeEventListener("abort", goOn);
    this.#exchange.endStallWatch();
  }
}
