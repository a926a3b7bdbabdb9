import { fileURLToPath } from "node:url";
import { type Progress, printProgress } from "./progress.ts";
import { ensurePythonTool } from "./python-tool.ts";

const requirementsFile = fileURLToPath(new URL("../moto/requirements.txt", import.meta.url));

/** A Python that has moto. */
export interface MotoInstallation {
  readonly python: string;
}

/**
 * Installs moto where it is not yet, at exactly the versions of `moto/requirements.txt`.
 *
 * @throws TestbedError, in one line, for what is missing.
 */
export async function ensureMoto(options: { readonly progress?: Progress } = {}): Promise<MotoInstallation> {
  const { progress = printProgress } = options;
  return { python: await ensurePythonTool({ name: "moto", requirementsFile, progress }) };
}
