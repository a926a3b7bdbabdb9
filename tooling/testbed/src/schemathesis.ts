import { fileURLToPath } from "node:url";
import { type Progress, printProgress } from "./progress.ts";
import { ensurePythonTool } from "./python-tool.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

const requirementsFile = fileURLToPath(new URL("../schemathesis/requirements.txt", import.meta.url));

/**
 * Installs schemathesis where it is not yet, at exactly the versions of `schemathesis/requirements.txt`.
 *
 * @returns a Python that has it.
 * @throws TestbedError, in one line, for what is missing.
 */
export async function ensureSchemathesis(options: { readonly progress?: Progress } = {}): Promise<string> {
  const { progress = printProgress } = options;
  return await ensurePythonTool({ name: "schemathesis", requirementsFile, progress });
}

/** Runs schemathesis with these arguments, in a folder it may write to, without the caller's own configuration; installs it if need be. */
export async function runSchemathesis(
  args: readonly string[],
  options: { readonly folder: string; readonly progress?: Progress },
): Promise<CommandResult> {
  const { folder, progress } = options;
  const python = await ensureSchemathesis(progress === undefined ? {} : { progress });
  // -I: nothing of the caller's Python environment gets in.
  const command = [python, "-I", "-m", "schemathesis.cli", ...args] as const;
  return await runCommand(command, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, NO_COLOR: "1", CI: "1" },
  });
}
