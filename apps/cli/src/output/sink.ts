import type { TerminalStream } from "../shell-io.ts";

/** Thrown by a write that nobody can read any more: the command ends quietly, as `| head` expects. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/** Thrown by a write that failed: a full disk, say. Its cause is the stream's own error. */
export class OutputFailed extends Error {
  override readonly name = "OutputFailed";
}

/** A stream as commands write to it. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Columns of the terminal; `undefined` where it is none, or does not say. */
  readonly columns: number | undefined;
  /** Aborts, with {@link OutputClosed}, when the reader has gone. */
  readonly closed: AbortSignal;
  /** Resolves when the stream has taken it, which a reader that is slow holds up. @throws {@link OutputClosed}, {@link OutputFailed}. */
  write(text: string): Promise<void>;
}

/** Codes of Node for a reader that has gone. */
const closedCodes: readonly unknown[] = ["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"];

/** Wraps a stream. Its errors are listened to from here on, so that a late one does not end the process. */
export function createSink(stream: TerminalStream): Sink {
  const closing = new AbortController();
  let failure: OutputFailed | undefined;
  const waiting = new Set<() => void>();
  const stop = (error?: unknown) => {
    if (error !== undefined && !closedCodes.includes((error as { code?: unknown }).code)) {
      failure ??= new OutputFailed("The output could not be written.", { cause: error });
    }
    // A stream that failed closes too: that is not its reader's doing.
    else if (failure === undefined && !closing.signal.aborted)
      closing.abort(new OutputClosed("The reader of the output has gone."));
    for (const wake of waiting) wake();
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
      const { promise, resolve } = Promise.withResolvers<void>();
      // A stream that is destroyed may never call back.
      waiting.add(resolve);
      // The callback hears of an error before the listener does.
      stream.write(text, (error) => (error ? stop(error) : resolve()));
      await promise;
      waiting.delete(resolve);
      check();
    },
  };
}
