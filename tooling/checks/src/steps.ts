import { spawn } from "node:child_process";
import { once } from "node:events";
import { repository } from "./workspace.ts";

/** One command of a longer run. */
export interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What to do when it fails, if its own output does not say. */
  readonly onFailure: string;
  /** Later steps make no sense without this one. */
  readonly required?: boolean;
}

/**
 * Runs the steps in order with their output shown, and says how long each took. A failure is remembered and the
 * rest still runs, so that one run shows all there is to mend; only a required step ends the run.
 *
 * @returns the names of the steps that failed
 */
export async function runSteps(steps: readonly Step[], root: string = repository): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const [index, step] of steps.entries()) {
    console.log(`\n▶ ${index + 1}/${steps.length} ${step.name}`);
    const startedAt = performance.now();
    const passed = await run(step.command, root);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(passed ? `✓ ${step.name} (${seconds} s)` : `✗ ${step.name} (${seconds} s)\n  → ${step.onFailure}`);
    if (passed) continue;
    failed.push(step.name);
    if (step.required === true) break;
  }
  console.log(failed.length === 0 ? "\nAll passed." : `\nFailed: ${failed.join(", ")}.`);
  return failed;
}

async function run([program, ...parameters]: Step["command"], root: string): Promise<boolean> {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
  const child = spawn(program, parameters, { cwd: root, env, stdio: "inherit" });
  try {
    const [code] = await once(child, "exit");
    return code === 0;
  } catch (error) {
    console.error(`${program} did not start: ${(error as Error).message}`);
    return false;
  }
}
