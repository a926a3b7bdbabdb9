import { type Command, InvalidArgumentError } from "commander";
import type { CommandHost } from "./command-host.ts";
import {
  addCommonOptions,
  addServerOptions,
  assignment,
  type CacheOptions,
  type InvalidateOptions,
} from "./command-options.ts";

/** Adds the commands about what a server keeps. */
export function addCacheCommands(command: Command, { io, ended }: CommandHost): void {
  const cache = command
    .command("cache")
    .description("what a server keeps of what it saw: look at it, or have it forgotten");

  const stats = cache.command("stats").description("how full it is, and how often it answered");
  addCacheOptions(stats).action(async (options: CacheOptions) => {
    ended(await (await import("./commands/cache-stats.ts")).cacheStats(io, options));
  });

  const get = cache.command("get").description("what is kept of a resource, however old; no vendor is asked");
  get.argument("<ref>", "provider/partition/account/region/kind/id, or the vendor's own id such as an ARN");
  addCacheOptions(get).action(async (ref: string, options: CacheOptions) => {
    ended(await (await import("./commands/cache-get.ts")).cacheGet(io, ref, options));
  });

  const invalidate = cache.command("invalidate").description("forgets what has all of the properties given");
  invalidate
    .option("--ref <ref>", "one resource", once)
    .option("--kind <name>", "resources of this kind", name)
    .option("--provider <name>", "resources of this provider", name)
    .option("--account <id>", "resources of this account", name)
    .option("--region <name>", "resources of this region", name)
    .option("--tag <name=value>", "resources with this tag; repeatable, and all must be there", assignment)
    .option("--all", "everything, in place of a choice");
  addCacheOptions(invalidate).action(async (options: InvalidateOptions) => {
    ended(await (await import("./commands/cache-invalidate.ts")).cacheInvalidate(io, options));
  });
}

function addCacheOptions(command: Command): Command {
  return addCommonOptions(addServerOptions(command));
}

/** For what the server takes one of: of two, the first would silently be left as it is. */
function once(text: string, before?: string): string {
  if (before !== undefined) throw new InvalidArgumentError("Give it once: each of several is a command of its own.");
  if (text === "") throw new InvalidArgumentError("Write which; --all is everything.");
  return text;
}

/** For a name, which has no commas: elsewhere they part several. */
function name(text: string, before?: string): string {
  if (text.includes(",")) throw new InvalidArgumentError("Name one: each of several is a command of its own.");
  return once(text, before);
}
