import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Subjects } from "@cloudlink/measure";
import type { Simulation } from "./simulate.ts";
import type { Outcome } from "./tally.ts";

/** The file that the build makes of `simulation-worker.ts`, beside this one. */
const worker = new URL("./simulation-worker.js", import.meta.url);

/** Runs simulations in as many threads as there are processors; the outcomes are in their order. */
export async function simulateAll(
  { directory }: Pick<Subjects, "directory">,
  simulations: readonly Simulation[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const left = simulations.entries();
  const thread = async () => {
    const running = new Worker(worker, { workerData: directory });
    try {
      for (const [index, simulation] of left) outcomes[index] = await askOf(running, simulation);
    } finally {
      await running.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, thread));
  return outcomes;
}

function askOf(running: Worker, simulation: Simulation): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const ended = (code: number) => reject(new Error(`a thread ended with ${code} before its simulation did`));
  running.once("message", resolve).once("error", reject).once("exit", ended);
  running.postMessage(simulation);
  return promise.finally(() => running.off("message", resolve).off("error", reject).off("exit", ended));
}
