import { execFileSync } from "node:child_process";

/**
 * Runs pnpm with its output kept for the error message. Inside a pnpm script it is the pnpm that runs the script;
 * outside, the one `npx` finds.
 */
export function pnpm(command: readonly string[], directory: string): void {
  const outer = process.env.npm_execpath;
  const [program, ...prefix] = outer?.endsWith(".cjs") ? [process.execPath, outer] : ["npx", "-y", "pnpm@10"];
  try {
    execFileSync(program, [...prefix, ...command], { cwd: directory, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`pnpm ${command.join(" ")} failed in ${directory}:\n${stdout}${stderr}`, { cause: error });
  }
}
