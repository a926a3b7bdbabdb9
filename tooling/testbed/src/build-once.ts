import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Progress } from "./progress.ts";
import { TestbedError } from "./testbed-error.ts";

/** What makes the contents of a folder. */
export interface Build {
  /** Where the contents belong. */
  readonly folder: string;
  readonly progress: Progress;
  /** Whether what is in the folder still works; a folder that does not is built anew. */
  isSound(folder: string): Promise<boolean>;
  /** Fills a folder that is empty. It is moved afterwards: nothing in it may depend on its path. */
  build(folder: string): Promise<void>;
  /** How long to wait for another process that builds the same. Default: half an hour. */
  readonly patienceMs?: number;
}

const POLL_MS = 100;

/**
 * Builds a folder unless it is there, once, however many processes want it at the same time.
 *
 * It is built under another name and moved into place whole, so that a build that fails or is killed leaves nothing that looks
 * finished. The lock beside it only saves others the same work: should two ever build at once, the second finds the folder
 * there and drops its own.
 */
export async function buildOnce(request: Build): Promise<void> {
  const { folder, progress, patienceMs = 30 * 60_000 } = request;
  await mkdir(dirname(folder), { recursive: true });
  if (await isReady(request)) return;
  const lock = `${folder}.lock`;
  const giveUpAt = performance.now() + patienceMs;
  for (let told = false; !(await takeLock(lock)); told = true) {
    if (!told) progress(`another process is installing the same; waiting for it (${lock})`);
    if (performance.now() > giveUpAt) {
      throw new TestbedError(`Another process has been installing for very long; if there is none, remove ${lock}`);
    }
    await wait(POLL_MS);
  }
  try {
    if (!(await isReady(request))) await buildAside(request);
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function isReady({ folder, isSound }: Build): Promise<boolean> {
  return existsSync(folder) && (await isSound(folder));
}

async function buildAside({ folder, build }: Build): Promise<void> {
  const aside = `${folder}.${randomUUID()}`;
  await mkdir(aside);
  try {
    await build(aside);
    // One that was there and is not sound.
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Whether the lock is ours now. The lock of a process that is no more is cleared away, for the next try. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    // Only one mkdir of a name succeeds.
    await mkdir(lock);
    await writeFile(join(lock, "pid"), String(process.pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const owner = Number(await readFile(join(lock, "pid"), "utf8").catch(() => ""));
  // Without a number, the owner is between its two steps.
  if (owner > 0 && !isAlive(owner)) await rm(lock, { recursive: true, force: true });
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
