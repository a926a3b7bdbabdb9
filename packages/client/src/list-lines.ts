import type { Context } from "@cloudlink/core";
import { type ChunkReader, createBodyDecoder, parsed, tooLarge } from "./response-body.ts";

/** The lines of a stream, each a JSON value. */
export interface ListLines {
  /** The next one, with its length in bytes; `undefined` after the last whole one. Nothing is read that is not needed for it. */
  next(ctx: Context): Promise<{ readonly form: unknown; readonly bytes: number } | undefined>;
  /** After the last line: lets the response come to its end, so that its connection can be used again. It never rejects. */
  finish(ctx: Context): Promise<void>;
  cancel(): void;
}

/** A response's end comes with its last line, or right after it. */
const END_WAIT_MS = 100;

const LINE_BREAK = 0x0a;

/** @param maxBytes - of a line: a longer one is not read to its end. */
export function listLines(chunks: ChunkReader, maxBytes: number): ListLines {
  const decoder = createBodyDecoder();
  let chunk: Uint8Array = new Uint8Array();
  /** Where in the chunk the next line begins. */
  let from = 0;
  /** The beginning of a line, whose end is in none of the chunks so far: in pieces, so that a long line is searched and copied once. */
  let pieces: Uint8Array[] = [];
  let kept = 0;

  /** The bytes of the next line, as far as its end is there. */
  function whole(): Uint8Array | undefined {
    const end = chunk.indexOf(LINE_BREAK, from);
    const part = chunk.subarray(from, end === -1 ? chunk.length : end);
    from = end === -1 ? chunk.length : end + 1;
    if (end !== -1 && kept === 0) return part;
    pieces.push(part);
    kept += part.length;
    if (end === -1) return undefined;
    const line = joined(pieces, kept);
    pieces = [];
    kept = 0;
    return line;
  }

  return {
    async next(ctx) {
      for (;;) {
        const line = whole();
        if (line !== undefined) {
          // By line, and not by chunk: what a line is does not depend on how the network cuts it.
          const text = decoder.whole(line);
          if (text.trim() !== "") return { form: parsed(text), bytes: line.length };
          continue;
        }
        if (kept > maxBytes) throw tooLarge(maxBytes);
        const next = await chunks.next(ctx);
        // What stands after the last line break is a line that was cut off.
        if (next === undefined) return undefined;
        chunk = next;
        from = 0;
      }
    },
    async finish(ctx) {
      using wait = ctx.withTimeout(END_WAIT_MS).withCancel();
      await chunks.next(wait).catch(() => {});
    },
    cancel: () => chunks.cancel(),
  };
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
