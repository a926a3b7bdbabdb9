import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository this file lies in. */
export const repository: string = join(import.meta.dirname, "../../..");

/** A workspace member as its package.json describes it. */
export interface Member {
  /** Relative to the repository: `packages/core`. */
  readonly directory: string;
  readonly manifest: Manifest;
}

/** The fields the checks read; package-conventions.ts states what a published one must hold. */
interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** The members under the given top-level folders, by directory. */
export function readMembers(root: string, folders: readonly string[]): readonly Member[] {
  return globSync(`{${folders.join(",")},}/*/package.json`, { cwd: root })
    .sort()
    .map((file) => ({
      directory: file.slice(0, -"/package.json".length),
      manifest: JSON.parse(readFileSync(join(root, file), "utf8")) as Manifest,
    }));
}

/** The packages that are published: those under `packages/` and `apps/` that are not private. */
export function publishedPackages(root: string): readonly Member[] {
  return readMembers(root, ["packages", "apps"]).filter(({ manifest }) => manifest.private !== true);
}
