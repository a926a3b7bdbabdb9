import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce } from "./build-once.ts";
import { cacheFolder } from "./cache-folder.ts";
import { type Progress, printProgress } from "./progress.ts";
import { findPython } from "./python.ts";
import { lastWords, runCommand } from "./run-command.ts";
import { TestbedError } from "./testbed-error.ts";

const requirementsFile = fileURLToPath(new URL("../moto/requirements.txt", import.meta.url));

/** A Python that has moto. */
export interface MotoInstallation {
  readonly python: string;
}

/**
 * Installs moto where it is not yet, at exactly the versions of `moto/requirements.txt`, into a folder named after their hash.
 * pip is used as the machine has it configured.
 *
 * @throws TestbedError, in one line, for what is missing.
 */
export async function ensureMoto(options: { readonly progress?: Progress } = {}): Promise<MotoInstallation> {
  const { progress = printProgress } = options;
  const requirements = await readFile(requirementsFile, "utf8");
  const folder = cacheFolder(requirements);
  await buildOnce({
    folder,
    progress,
    // A removed or replaced Python leaves a link to nowhere behind.
    isSound: async (built) => (await runCommand([pythonIn(built), "-c", ""])).exitCode === 0,
    build: (aside) => install(aside, { requirements, progress }),
  });
  return { python: pythonIn(folder) };
}

function pythonIn(folder: string): string {
  return join(folder, "bin", "python");
}

async function install(folder: string, request: { requirements: string; progress: Progress }): Promise<void> {
  const { requirements, progress } = request;
  const systemPython = await findPython(progress);
  progress("making a virtual environment of Python for moto");
  await step([systemPython, "-m", "venv", folder]);

  const total = requirements.split("\n").filter((line) => /^\w.*==/.test(line)).length;
  progress(`installing moto and what it needs: ${total} packages, about a minute`);
  let collected = 0;
  const onLine = (line: string) => {
    if (!line.startsWith("Collecting ")) return;
    collected += 1;
    if (collected % 10 === 0) progress(`${collected} of ${total} packages`);
  };
  // The list is whole, so pip has nothing to resolve; and of wheels alone, so that nothing is compiled or run.
  const options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check"];
  const pip = [pythonIn(folder), "-m", "pip"] as const;
  await step([...pip, "install", ...options, "--progress-bar", "off", "--requirement", requirementsFile], onLine);
  await step([...pip, "check", "--disable-pip-version-check"]);
  progress("moto is installed");
}

async function step(command: readonly [string, ...string[]], onLine?: (line: string) => void): Promise<void> {
  const result = await runCommand(command, onLine === undefined ? {} : { onLine });
  if (result.exitCode === 0) return;
  throw new TestbedError(`moto could not be installed: \`${command.join(" ")}\` failed: ${lastWords(result)}`);
}
