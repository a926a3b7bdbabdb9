import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Progress } from "./progress.ts";
import { TestbedError } from "./testbed-error.ts";

/** What only one process at a time is to do. */
export interface Lock {
  /** The folder that stands for it; the folder that it is in is there. */
  readonly path: string;
  readonly progress: Progress;
  /** How long to wait for another process. Default: half an hour. */
  readonly patienceMs?: number;
}

const POLL_MS = 100;

/**
 * Runs something while holding a lock between processes. The lock of a process that is no more is taken over.
 *
 * @throws TestbedError when another process holds it for longer than `patienceMs`.
 */
export async function withLock<Result>(lock: Lock, run: () => Promise<Result>): Promise<Result> {
  const { path, progress, patienceMs = 30 * 60_000 } = lock;
  const giveUpAt = performance.now() + patienceMs;
  for (let told = false; !(await takeLock(path)); told = true) {
    if (!told) progress(`another process is installing the same; waiting for it (${path})`);
    if (performance.now() > giveUpAt) {
      throw new TestbedError(`Another process has been installing for very long; if there is none, remove ${path}`);
    }
    await wait(POLL_MS);
  }
  try {
    return await run();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** Whether the lock is ours now. The lock of a process that is no more is cleared away, for the next try. */
async function takeLock(path: string): Promise<boolean> {
  try {
    // Only one mkdir of a name succeeds.
    await mkdir(path);
    await writeFile(join(path, "pid"), String(process.pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const owner = Number(await readFile(join(path, "pid"), "utf8").catch(() => ""));
  // Without a number, the owner is between its two steps.
  if (owner > 0 && !isAlive(owner)) await rm(path, { recursive: true, force: true });
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
