import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { EXIT_OK } from "../exit-code.ts";
import { createSink } from "../output/sink.ts";
import type { ShellIo } from "../shell-io.ts";

/** `cloudlink config schema`: the JSON Schema that `@cloudlink/config` publishes. */
export async function configSchema(io: ShellIo): Promise<number> {
  const path = createRequire(import.meta.url).resolve("@cloudlink/config/cloudlink.schema.json");
  await createSink(io.stdout).write(await readFile(path, "utf8"));
  return EXIT_OK;
}
