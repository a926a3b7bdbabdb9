import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const bin = join(import.meta.dirname, "../bin/cloudlink-server.js");

/** `cloudlink-server` as a process of its own, and what it wrote. */
export interface ServerProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** The groups of the first line, of either stream, that matches. It rejects when the process ends without one. */
  said(form: RegExp): Promise<RegExpExecArray>;
  /** How it ended: exit code and signal. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

export function spawnServer(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ServerProcess {
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true", ...environment };
  const child = spawn(process.execPath, [bin, ...argv], { stdio: ["ignore", "pipe", "pipe"], env });
  const said = { stdout: [] as string[], stderr: [] as string[] };
  const waiting = new Set<() => void>();
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const wake = () => {
    for (const look of waiting) look();
  };
  let isOver = false;
  void ended.then(() => {
    isOver = true;
    wake();
  });
  for (const stream of ["stdout", "stderr"] as const) {
    createInterface({ input: child[stream] }).on("line", (line) => {
      said[stream].push(line);
      wake();
    });
  }
  return {
    child,
    ...said,
    ended,
    said: (form) => {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
      const look = () => {
        for (const line of [...said.stdout, ...said.stderr]) {
          const match = form.exec(line);
          if (match !== null) return resolve(match);
        }
        if (isOver) reject(new Error(`it ended without ${form}: ${[...said.stdout, ...said.stderr].join("\n")}`));
      };
      waiting.add(look);
      look();
      return promise;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
