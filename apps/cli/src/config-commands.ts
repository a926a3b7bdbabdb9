import type { Command } from "commander";
import type { CommandHost } from "./command-host.ts";
import { addCommonOptions, type CommonOptions } from "./command-options.ts";

/** Adds the commands about cloudlink.yaml. */
export function addConfigCommands(command: Command, { io, ended }: CommandHost): void {
  const config = command.command("config").description("cloudlink.yaml: checks one, prints its JSON Schema");
  const check = config.command("check").description("every mistake in a cloudlink.yaml, with line and column");
  check.argument("[file]", "the file; left out, the one that CLOUDLINK_CONFIG names");
  addCommonOptions(check).action(async (file: string | undefined, options: CommonOptions) => {
    ended(await (await import("./commands/config-check.ts")).configCheck(io, file, options));
  });
  const schema = config.command("schema").description("the JSON Schema of cloudlink.yaml, for editors");
  schema.action(async () => {
    ended(await (await import("./commands/config-schema.ts")).configSchema(io));
  });
}
