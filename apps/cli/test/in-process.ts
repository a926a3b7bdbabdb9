import { Writable } from "node:stream";
import { createNexus } from "@cloudlink/nexus";
import { createAccountLogins } from "../src/connection/account-logins.ts";
import { loginsOf } from "../src/connection/login-options.ts";
import { run } from "../src/run.ts";
import type { ShellIo, TerminalStream } from "../src/shell-io.ts";
import { createFakeProvider, type FakeCloud } from "./fake-provider.ts";

/** A stream that keeps what is written to it. */
export interface CapturedStream {
  readonly stream: TerminalStream;
  text(): string;
  /** What was written so far, write by write. */
  readonly writes: readonly string[];
}

/**
 * @param options.columns - makes it a terminal of that width.
 * @param options.failure - what every write to it fails with.
 */
export function capture(
  options: { columns?: number; onWrite?: (text: string) => void; failure?: Error } = {},
): CapturedStream {
  const writes: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      writes.push(String(chunk));
      options.onWrite?.(String(chunk));
      done(options.failure);
    },
  });
  if (options.columns !== undefined) Object.assign(stream, { isTTY: true, columns: options.columns });
  return { stream, writes, text: () => writes.join("") };
}

/** How a command line is run against a fake cloud. */
export interface InProcessRun {
  readonly cloud: FakeCloud;
  readonly interrupt?: AbortSignal;
  readonly stdout?: CapturedStream;
  readonly stderr?: CapturedStream;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process: the real kernel, on a fake provider. */
export async function runInProcess(argv: readonly string[], settings: InProcessRun): Promise<Finished> {
  const { stdout = capture(), stderr = capture() } = settings;
  const io: ShellIo = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: settings.env ?? {},
    interrupt: settings.interrupt ?? new AbortController().signal,
    async connect(connection) {
      const providers = [createFakeProvider(settings.cloud)];
      const logins = loginsOf(connection);
      const { telemetry } = connection;
      return createNexus({
        providers,
        ...(logins !== undefined && createAccountLogins({ logins, providers, telemetry })),
        telemetry,
      });
    },
  };
  const exitCode = await run(argv, io);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}
