import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Problem, report } from "./problem.ts";
import { repository } from "./workspace.ts";

/** The lock file names packages and hashes, never a host: it installs from whichever registry the user has. */
export function lockfileProblems(lockfile: string): readonly Problem[] {
  return lockfile
    .split("\n")
    .flatMap((line, index) => (/\btarball:|https?:\/\//.test(line) ? [{ line: line.trim(), number: index + 1 }] : []))
    .map(({ line, number }) => ({
      where: `pnpm-lock.yaml:${number}`,
      what: `names a host: ${line}`,
      fix: "Install again without `lockfile-include-tarball-url`, and depend on registry versions only.",
    }));
}

if (import.meta.main) report("lock file", lockfileProblems(readFileSync(join(repository, "pnpm-lock.yaml"), "utf8")));
