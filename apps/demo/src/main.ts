import { parseArgs } from "node:util";
import { background } from "@cloudlink/core";
import { createSandbox } from "@cloudlink/sandbox";
import { sandboxNexus } from "./sandbox-nexus.ts";
import { tour } from "./tour.ts";

// `--once` is how this is called when something else becomes the default; it runs once either way.
parseArgs({ options: { once: { type: "boolean" } } });

await using sandbox = await createSandbox();
const nexus = sandboxNexus(sandbox);
const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort());

try {
  const ctx = background().withTimeout(30_000).withSignal(interrupt.signal);
  await tour(ctx, { nexus, sandbox, print: (line) => process.stdout.write(`${line}\n`) });
} finally {
  await nexus.close();
}
