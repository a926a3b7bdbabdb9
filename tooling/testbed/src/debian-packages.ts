import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "./cache-folder.ts";
import { withLock } from "./lock.ts";
import type { Progress } from "./progress.ts";
import { lastWords, runCommand } from "./run-command.ts";
import { TestbedError } from "./testbed-error.ts";

/** Packages of Debian that together make one thing. */
export interface DebianPackages {
  /** What to call it in what is told. */
  readonly name: string;
  readonly packages: readonly [string, ...string[]];
  readonly progress: Progress;
}

/** How long to wait for an apt-get that is not ours, such as the one of the machine's own updates. */
const APT_PATIENCE_S = 600;

/**
 * Installs packages by apt-get where that can be done without asking anybody: as root on Debian and its descendants.
 * Processes that want to at the same time go one after the other.
 *
 * @returns whether it could be tried; elsewhere nothing has been done.
 * @throws TestbedError, in one line, when apt-get fails.
 */
export async function installOnDebian(request: DebianPackages): Promise<boolean> {
  const { name, packages, progress } = request;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync("/usr/bin/apt-get")) return false;
  const root = cacheRoot();
  await mkdir(root, { recursive: true });
  await withLock({ path: join(root, "apt-get.lock"), progress }, async () => {
    progress(`${name} is missing: installing it by apt-get`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const patience = ["--option", `DPkg::Lock::Timeout=${APT_PATIENCE_S}`] as const;
    const steps = [
      ["apt-get", ...patience, "update"],
      ["apt-get", ...patience, "install", "--yes", "--no-install-recommends", ...packages],
    ] as const;
    for (const step of steps) {
      const result = await runCommand(step, { env });
      if (result.exitCode !== 0) {
        throw new TestbedError(`${name} could not be installed: \`${step.join(" ")}\` failed: ${lastWords(result)}`);
      }
    }
  });
  return true;
}
