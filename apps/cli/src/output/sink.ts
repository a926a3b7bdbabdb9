import type { TerminalStream } from "../shell-io.ts";

/** Thrown by a write that nobody can read any more: the command ends quietly, as `| head` expects. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/** A stream as commands write to it. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Columns of the terminal; `undefined` where it is none, or does not say. */
  readonly columns: number | undefined;
  /** Aborts, with {@link OutputClosed}, when the reader has gone. */
  readonly closed: AbortSignal;
  /** Resolves when there is room for more. @throws {@link OutputClosed}; the stream's own error, such as a full disk. */
  write(text: string): Promise<void>;
}

/** Codes of Node for a reader that has gone. */
const closedCodes: readonly unknown[] = ["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"];

/** Wraps a stream. Its errors are listened to from here on, so that a late one does not end the process. */
export function createSink(stream: TerminalStream): Sink {
  const closing = new AbortController();
  let failure: unknown;
  let wake: (() => void) | undefined;
  const stop = (error?: unknown) => {
    if (error !== undefined && !closedCodes.includes((error as { code?: unknown }).code)) failure ??= error;
    // A stream that failed closes too: that is not its reader's doing.
    else if (failure === undefined && !closing.signal.aborted)
      closing.abort(new OutputClosed("The reader of the output has gone."));
    wake?.();
  };
  stream.on("error", stop);
  stream.on("close", () => stop());

  const check = () => {
    if (failure !== undefined) throw failure;
    closing.signal.throwIfAborted();
  };
  return {
    isTerminal: stream.isTTY === true,
    // A terminal that does not know its size says 0.
    columns: (stream.isTTY === true && stream.columns) || undefined,
    closed: closing.signal,
    async write(text) {
      check();
      if (text === "" || stream.write(text)) return;
      await new Promise<void>((resolve) => {
        wake = () => {
          stream.off("drain", resolve);
          resolve();
        };
        stream.once("drain", resolve);
      });
      wake = undefined;
      check();
    },
  };
}
