import { background } from "@cloudlink/core";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { endingSignal } from "@cloudlink/server";
import { type DemoOptions, HELP, readOptions } from "./options.ts";
import { sandboxNexus } from "./sandbox-nexus.ts";
import { serve } from "./serve.ts";
import { tour } from "./tour.ts";

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Account and region of the fleet that `--count` adds. */
const fleetPlace = { account: "111111111111", region: "us-east-1" };

async function sandboxOf({ count, limits }: DemoOptions): Promise<Sandbox> {
  return await createSandbox({
    population: true,
    limits,
    // Long enough to be seen, and short enough to wait for.
    transitions: { pendingMs: 5_000, stoppingMs: 5_000 },
    ...(count > 0 && { fleet: { ...fleetPlace, count } }),
  });
}

async function takeTour(options: DemoOptions): Promise<void> {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  await using sandbox = await sandboxOf(options);
  await using nexus = sandboxNexus(sandbox);
  const ctx = background().withTimeout(30_000).withSignal(interrupt.signal);
  await tour(ctx, { nexus, sandbox, print });
}

async function serveUntilSignal(options: DemoOptions): Promise<void> {
  // Before anything that takes time: who starts the demo may end it at once.
  const ending = endingSignal();
  await using sandbox = await sandboxOf(options);
  await using nexus = sandboxNexus(sandbox);
  await using server = await serve({ nexus, sandbox, port: options.port, print, logTo: process.stderr });
  await ending;
  print("\nEnding: no more calls are taken, and those that run may finish. Ctrl-C again ends it at once.");
  await server.close();
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) print(HELP);
  else await (options.once ? takeTour(options) : serveUntilSignal(options));
} catch (error) {
  process.stderr.write(`start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
