import { PassThrough, Writable } from "node:stream";
import type { Cache, Clock } from "@cloudlink/core";
import { createNexus } from "@cloudlink/nexus";
import { createAccountLogins } from "../src/connection/account-logins.ts";
import { kernelConnection } from "../src/connection/kernel-connection.ts";
import { loginsOf } from "../src/connection/login-options.ts";
import { run } from "../src/run.ts";
import type { ShellIo, TerminalInput, TerminalStream } from "../src/shell-io.ts";
import { createFakeProvider, type FakeCloud } from "./fake-provider.ts";

/** A stream that keeps what is written to it. */
export interface CapturedStream {
  readonly stream: TerminalStream;
  text(): string;
  /** What was written so far, write by write. */
  readonly writes: readonly string[];
  /** Calls `then` once, as soon as something with `text` in it is written. */
  once(text: string, then: () => void): void;
}

/**
 * @param options.columns - makes it a terminal of that width.
 * @param options.failure - what every write to it fails with.
 */
export function capture(
  options: { columns?: number; onWrite?: (text: string) => void; failure?: Error } = {},
): CapturedStream {
  const writes: string[] = [];
  const awaited: { text: string; then: () => void }[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      writes.push(String(chunk));
      options.onWrite?.(String(chunk));
      const met = awaited.findIndex(({ text }) => String(chunk).includes(text));
      if (met !== -1) awaited.splice(met, 1)[0]?.then();
      done(options.failure);
    },
  });
  if (options.columns !== undefined) Object.assign(stream, { isTTY: true, columns: options.columns });
  return {
    stream,
    writes,
    text: () => writes.join(""),
    once: (text, then) => {
      awaited.push({ text, then });
    },
  };
}

/** How a command line is run against a fake cloud. */
export interface InProcessRun {
  readonly cloud: FakeCloud;
  readonly interrupt?: AbortSignal;
  readonly stdout?: CapturedStream;
  readonly stderr?: CapturedStream;
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed at the question, at a terminal; left out, there is none. `null` is a terminal at which nobody types. */
  readonly typed?: string | null;
  /** What was typed there before. */
  readonly typedAhead?: string;
  readonly clock?: Clock;
  /** Makes operations good for another command line that is given the same. */
  readonly tokenKey?: Uint8Array;
  /** What is kept, also for another command line that is given the same; left out, nothing is. */
  readonly cache?: Cache;
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process: the real kernel, on a fake provider. */
export async function runInProcess(argv: readonly string[], settings: InProcessRun): Promise<Finished> {
  const { stdout = capture(), stderr = capture() } = settings;
  const { clock, tokenKey, cache } = settings;
  const io: ShellIo = {
    stdin: typedAt(stderr, settings),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: settings.env ?? {},
    interrupt: settings.interrupt ?? new AbortController().signal,
    async connect(connection) {
      const providers = [createFakeProvider(settings.cloud)];
      const logins = loginsOf(connection);
      const { telemetry } = connection;
      const nexus = createNexus({
        providers,
        ...(logins !== undefined && createAccountLogins({ logins, providers, telemetry })),
        ...(tokenKey !== undefined && { tokenKey }),
        ...(cache !== undefined && { cache }),
        telemetry,
      });
      return kernelConnection(nexus, { sharesOperations: tokenKey !== undefined });
    },
    ...(clock !== undefined && { clock }),
  };
  const exitCode = await run(argv, io);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

function typedAt(
  stderr: CapturedStream,
  { typed, typedAhead = "" }: Pick<InProcessRun, "typed" | "typedAhead">,
): TerminalInput {
  const input = new PassThrough();
  if (typed === undefined) return input.end();
  input.write(typedAhead);
  if (typed !== null) stderr.once("[y/N]", () => input.end(typed));
  return Object.assign(input, { isTTY: true });
}
