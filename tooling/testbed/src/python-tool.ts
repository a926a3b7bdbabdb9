import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildOnce } from "./build-once.ts";
import { cacheFolder } from "./cache-folder.ts";
import type { Progress } from "./progress.ts";
import { findPython } from "./python.ts";
import { lastWords, runCommand } from "./run-command.ts";
import { TestbedError } from "./testbed-error.ts";

/** A tool from PyPI, at exactly the versions of a list. */
export interface PythonTool {
  /** What to call it in what is told. */
  readonly name: string;
  /** Every package it needs, to the last, each pinned by `==`. */
  readonly requirementsFile: string;
  readonly progress: Progress;
}

/**
 * Installs a tool where it is not yet, into a virtual environment of its own in a folder named after the hash of its list.
 * pip is used as the machine has it configured.
 *
 * @returns the environment's Python.
 * @throws TestbedError, in one line, for what is missing.
 */
export async function ensurePythonTool(tool: PythonTool): Promise<string> {
  const requirements = await readFile(tool.requirementsFile, "utf8");
  const folder = cacheFolder(requirements);
  await buildOnce({
    folder,
    progress: tool.progress,
    // A removed or replaced Python leaves a link to nowhere behind.
    isSound: async (built) => (await runCommand([pythonIn(built), "-c", ""])).exitCode === 0,
    build: (aside) => install(aside, { tool, requirements }),
  });
  return pythonIn(folder);
}

function pythonIn(folder: string): string {
  return join(folder, "bin", "python");
}

async function install(folder: string, request: { tool: PythonTool; requirements: string }): Promise<void> {
  const { tool, requirements } = request;
  const { name, requirementsFile, progress } = tool;
  const systemPython = await findPython(progress);
  progress(`making a virtual environment of Python for ${name}`);
  await step(name, { command: [systemPython, "-m", "venv", folder] });

  const total = requirements.split("\n").filter((line) => /^\w.*==/.test(line)).length;
  progress(`installing ${name} and what it needs: ${total} packages, about a minute`);
  let collected = 0;
  const onLine = (line: string) => {
    if (!line.startsWith("Collecting ")) return;
    collected += 1;
    if (collected % 10 === 0) progress(`${collected} of ${total} packages`);
  };
  // The list is whole, so pip has nothing to resolve; and of wheels alone, so that nothing is compiled or run.
  const options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check"];
  const pip = [pythonIn(folder), "-m", "pip"] as const;
  const list = ["--progress-bar", "off", "--requirement", requirementsFile];
  await step(name, { command: [...pip, "install", ...options, ...list], onLine });
  await step(name, { command: [...pip, "check", "--disable-pip-version-check"] });
  progress(`${name} is installed`);
}

async function step(
  name: string,
  { command, onLine }: { command: readonly [string, ...string[]]; onLine?: (line: string) => void },
): Promise<void> {
  const result = await runCommand(command, onLine === undefined ? {} : { onLine });
  if (result.exitCode === 0) return;
  throw new TestbedError(`${name} could not be installed: \`${command.join(" ")}\` failed: ${lastWords(result)}`);
}
