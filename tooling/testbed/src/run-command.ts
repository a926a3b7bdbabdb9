import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** How a command ended; `exitCode` is -1 for one that could not be started, or was killed. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. It never rejects: a command that cannot be started has failed. */
export async function runCommand(
  [command, ...args]: readonly [string, ...string[]],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; onLine?(line: string): void } = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.env !== undefined && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  let startError = "";
  child.once("error", (error) => {
    startError = error.message;
    resolve(-1);
  });
  child.once("close", (code) => resolve(code ?? -1));
  const stdout: string[] = [];
  const stderr: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    stdout.push(line);
    options.onLine?.(line);
  });
  createInterface({ input: child.stderr }).on("line", (line) => stderr.push(line));
  const exitCode = await ended;
  return { exitCode, stdout: stdout.join("\n"), stderr: startError === "" ? stderr.join("\n") : startError };
}

/** The last lines of what a command said, on one line, for an error message. */
export function lastWords({ stdout, stderr }: CommandResult): string {
  const said = stderr.trim() === "" ? stdout : stderr;
  return said.trim().split("\n").slice(-3).join(" | ");
}
