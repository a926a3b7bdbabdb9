import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { pnpm } from "./pnpm.ts";

const repository = join(import.meta.dirname, "../../..");

/** A published package, packed. */
export interface Tarball {
  readonly name: string;
  readonly file: string;
}

/** Which packages the project installs. */
export interface PackedRequest {
  /** Names of published packages; all of them when left out. */
  readonly packages?: readonly string[];
}

/** An empty project into which published packages were installed from their tarballs. */
export interface PackedProject {
  /** Lies outside the repository, so that nothing resolves into the workspace by accident. */
  readonly directory: string;
  /** The file URL of a module as this project sees it: `await import(project.resolve("@cloudlink/core"))`. */
  resolve(specifier: string): string;
}

/**
 * Packs every published package as the last build left it. Tarballs are kept by content: packing twice costs one hash.
 *
 * @throws Error when a package has no `dist`: build first.
 */
export function packedTarballs(): readonly Tarball[] {
  const directory = keep("tarballs", contentHash(), (empty) => {
    for (const member of publishedDirectories()) pnpm(["pack", "--pack-destination", empty], join(repository, member));
  });
  return globSync("*.tgz", { cwd: directory })
    .sort()
    .map((file) => ({ name: nameOf(file), file: join(directory, file) }));
}

/**
 * Packs and installs. The project is kept by content as well, so benchmarks and tests share one installation.
 * What the packages depend on comes from pnpm's store where it is there already, else from the registry.
 *
 * @throws Error when a package has no `dist` (build first) or the installation fails.
 */
export function packedProject({ packages }: PackedRequest = {}): PackedProject {
  const tarballs = packedTarballs();
  const wanted = packages ?? tarballs.map(({ name }) => name);
  const hash = createHash("sha256").update(contentHash()).update(JSON.stringify(wanted)).digest("hex").slice(0, 16);
  const directory = keep("projects", hash, (empty) => install(empty, { tarballs, wanted }));
  const { resolve } = createRequire(join(directory, "package.json"));
  return { directory, resolve: (specifier) => pathToFileURL(resolve(specifier)).href };
}

function install(directory: string, { tarballs, wanted }: { tarballs: readonly Tarball[]; wanted: readonly string[] }) {
  const files = new Map(tarballs.map(({ name, file }) => [name, `file:${file}`]));
  const ofOthers = peersOfOthers(wanted);
  const ours = Object.fromEntries(wanted.map((name) => [name, files.get(name) ?? `${name} is not published`]));
  const dependencies = { ...ofOthers, ...ours };
  writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  // The versions under test are in no registry: whoever depends on one gets its tarball.
  const overrides = [...files].map(([name, file]) => `  "${name}": "${file}"`);
  const settings = ["packages: []", "autoInstallPeers: false", "overrides:", ...overrides, ""];
  writeFileSync(join(directory, "pnpm-workspace.yaml"), settings.join("\n"));
  pnpm(["install", "--prefer-offline", "--no-frozen-lockfile", "--ignore-scripts"], directory);
}

/** The folder for this hash, filled once; two processes that fill it at the same time end with one of the two. */
function keep(kind: string, hash: string, fill: (empty: string) => void): string {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "cloudlink", kind);
  const directory = join(cache, hash);
  if (existsSync(directory)) return directory;
  mkdirSync(cache, { recursive: true });
  const filling = mkdtempSync(`${directory}-`);
  try {
    fill(filling);
    renameSync(filling, directory);
    removeOld(cache);
  } catch (error) {
    rmSync(filling, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
  return directory;
}

/** Every build leaves another entry behind; one of yesterday is not asked for again. */
function removeOld(cache: string): void {
  const dayMs = 86_400_000;
  for (const entry of readdirSync(cache)) {
    const path = join(cache, entry);
    const ageMs = Date.now() - statSync(path).mtimeMs;
    if (ageMs > dayMs) rmSync(path, { recursive: true, force: true });
  }
}

function contentHash(): string {
  const hash = createHash("sha256");
  const patterns = publishedDirectories().flatMap((member) => [
    `${member}/{package.json,README.md}`,
    `${member}/{bin,dist}/**`,
  ]);
  for (const file of ["LICENSE", "pnpm-workspace.yaml", ...globSync(patterns, { cwd: repository }).sort()]) {
    const path = join(repository, file);
    if (existsSync(path) && basename(file).includes(".")) hash.update(file).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 16);
}

/** What packages want their user to install beside them, such as a client of a database, in the range that they take. */
function peersOfOthers(wanted: readonly string[]): Readonly<Record<string, string>> {
  const manifests = publishedDirectories().map((member) => {
    const text = readFileSync(join(repository, member, "package.json"), "utf8");
    return JSON.parse(text) as { readonly name: string; readonly peerDependencies?: Readonly<Record<string, string>> };
  });
  const peers = manifests.flatMap(({ name, peerDependencies = {} }) =>
    wanted.includes(name) ? Object.entries(peerDependencies) : [],
  );
  return Object.fromEntries(peers.filter(([name]) => !name.startsWith("@cloudlink/")));
}

function publishedDirectories(): readonly string[] {
  const members = globSync("{packages,apps}/*/package.json", { cwd: repository }).sort();
  return members
    .filter((file) => JSON.parse(readFileSync(join(repository, file), "utf8")).private !== true)
    .map((file) => {
      const directory = file.slice(0, -"/package.json".length);
      if (existsSync(join(repository, directory, "dist"))) return directory;
      throw new Error(`${directory} has no dist folder: run \`pnpm build\` first.`);
    });
}

/** `cloudlink-provider-aws-1.2.0.tgz` → `@cloudlink/provider-aws`. */
function nameOf(file: string): string {
  return `@cloudlink/${file.replace(/^cloudlink-/, "").replace(/-\d+\.\d+\.\d+.*\.tgz$/, "")}`;
}
