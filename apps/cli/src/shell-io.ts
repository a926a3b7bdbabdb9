import type { Readable, Writable } from "node:stream";
import type { Clock } from "@cloudlink/core";
import type { Connect } from "./connection/connection.ts";

/** A stream that may be a terminal. */
export type TerminalStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Where a person may answer. */
export type TerminalInput = Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };

/** All that a command touches of the process it runs in. Tests, and programs that embed the shell, give their own. */
export interface ShellIo {
  /** Read only where a command asks something, which it does of a terminal only. */
  readonly stdin: TerminalInput;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at Ctrl-C, and with the reason `SIGTERM` at that. */
  readonly interrupt: AbortSignal;
  /** How what a command calls is reached. */
  readonly connect: Connect;
  /** What deadlines and waits go by; the system's if left out. */
  readonly clock?: Clock;
}
