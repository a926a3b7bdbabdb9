import type { Writable } from "node:stream";
import type { Connect } from "./connection/connect.ts";

/** A stream that may be a terminal. */
export type TerminalStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** All that a command touches of the process it runs in. Tests, and programs that embed the shell, give their own. */
export interface ShellIo {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at Ctrl-C, and with the reason `SIGTERM` at that. */
  readonly interrupt: AbortSignal;
  /** How the kernel is reached. */
  readonly connect: Connect;
}
