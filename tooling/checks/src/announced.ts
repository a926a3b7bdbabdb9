import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "./problem.ts";
import type { Member } from "./workspace.ts";

/**
 * A snapshot that differs from the one of the package's last release, with no changeset that names the package.
 * The last release is the last commit that touched the package's CHANGELOG.md, which `changeset version` writes;
 * a package that was never released has released nothing, so its first surface needs a changeset too.
 */
export function unannouncedChange(root: string, { directory, manifest }: Member, snapshot: string): readonly Problem[] {
  const file = `${directory}/${snapshot}`;
  if (readFileSync(join(root, file), "utf8") === releasedText(root, directory, file)) return [];
  if (changesets(root).some((text) => frontMatter(text).includes(`"${manifest.name}"`))) return [];
  return [
    {
      where: file,
      what: `differs from the last release of ${manifest.name}, and no changeset names the package`,
      fix: "Run `pnpm changeset`, say what changes for its users, and commit the file it writes.",
    },
  ];
}

function releasedText(root: string, directory: string, file: string): string | undefined {
  const release = git(root, ["log", "-1", "--format=%H", "--", `${directory}/CHANGELOG.md`]).trim();
  if (release === "" || git(root, ["ls-tree", release, file]) === "") return undefined;
  return git(root, ["show", `${release}:${file}`]);
}

function git(root: string, command: readonly string[]): string {
  return execFileSync("git", command, { cwd: root, encoding: "utf8" });
}

function changesets(root: string): readonly string[] {
  return globSync(".changeset/*.md", { cwd: root, exclude: [".changeset/README.md"] }).map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
}

function frontMatter(changeset: string): string {
  return changeset.split("---")[1]?.replaceAll("'", '"') ?? "";
}
