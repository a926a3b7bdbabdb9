import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishedPackages, repository } from "./workspace.ts";

/**
 * Writes each package's version into its plugin.yaml, which a registry compares with what the provider says of itself.
 * `pnpm run version` runs it after `changeset version`.
 */
for (const { directory, manifest } of publishedPackages(repository)) {
  const file = join(repository, directory, "plugin.yaml");
  if (!existsSync(file)) continue;
  // By line and not through a YAML parser: comments and order stay as their author wrote them.
  const text = readFileSync(file, "utf8").replace(/^version: .*$/m, `version: ${manifest.version}`);
  writeFileSync(file, text);
}
