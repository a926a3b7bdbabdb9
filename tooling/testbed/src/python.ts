import { installOnDebian } from "./debian-packages.ts";
import type { Progress } from "./progress.ts";
import { runCommand } from "./run-command.ts";
import { TestbedError } from "./testbed-error.ts";

/** The oldest that the pinned packages of moto still support (networkx 3.6 and regex 2026 ask for it). */
const OLDEST_MINOR = 11;
const candidates = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"];

/** Prints the minor version, and fails without what `python -m venv` needs: Debian ships that apart, in python3-venv. */
const probe = "import sys, venv, ensurepip; print(*sys.version_info[:2])";

/** A Python that can make virtual environments. As root on Debian it is installed where there is none. */
export async function findPython(progress: Progress): Promise<string> {
  const found = await search();
  if (found !== undefined) return found;
  if (await installOnDebian({ name: "python3 with venv", packages: ["python3", "python3-venv"], progress })) {
    const installed = await search();
    if (installed !== undefined) return installed;
  }
  throw new TestbedError(
    `Python 3.${OLDEST_MINOR} or later with venv is missing: on Debian or Ubuntu run \`apt-get install python3 python3-venv\`, elsewhere see https://www.python.org/downloads/`,
  );
}

async function search(): Promise<string | undefined> {
  for (const command of candidates) {
    const { exitCode, stdout } = await runCommand([command, "-c", probe]);
    const [major, minor] = stdout.trim().split(" ").map(Number);
    if (exitCode === 0 && major === 3 && minor !== undefined && minor >= OLDEST_MINOR) return command;
  }
  return undefined;
}
