import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where installed servers are kept, outside the work tree: `$XDG_CACHE_HOME`, or `~/.cache` (XDG Base Directory specification). */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: configured } = environment;
  // The specification asks to ignore a path that is not absolute.
  const base = configured?.startsWith("/") === true ? configured : join(homedir(), ".cache");
  return join(base, "cloudlink-testbed");
}

/** The folder of one installation, named after all that decides what is in it. */
export function cacheFolder(recipe: string): string {
  return join(cacheRoot(), createHash("sha256").update(recipe).digest("hex").slice(0, 16));
}
