import type { ShellIo } from "./shell-io.ts";

/** What a command runs in, and where its exit code goes. */
export interface CommandHost {
  readonly io: ShellIo;
  ended(exitCode: number): void;
}
