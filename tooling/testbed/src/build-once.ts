import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { withLock } from "./lock.ts";
import type { Progress } from "./progress.ts";

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

/**
 * Builds a folder unless it is there, once, however many processes want it at the same time.
 *
 * It is built under another name and moved into place whole, so that a build that fails or is killed leaves nothing that looks
 * finished. The lock beside it only saves others the same work: should two ever build at once, the second finds the folder
 * there and drops its own.
 */
export async function buildOnce(request: Build): Promise<void> {
  const { folder, progress, patienceMs } = request;
  await mkdir(dirname(folder), { recursive: true });
  if (await isReady(request)) return;
  const lock = { path: `${folder}.lock`, progress, ...(patienceMs !== undefined && { patienceMs }) };
  await withLock(lock, async () => {
    if (!(await isReady(request))) await buildAside(request);
  });
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
