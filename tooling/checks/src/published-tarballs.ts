import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packedTarballs, type Tarball } from "@cloudlink/packed";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { type Problem, report } from "./problem.ts";
import { publishedPackages, repository } from "./workspace.ts";

const FIX = "The same rule holds for every package: compare its package.json and files with packages/core.";
const ATTW = join(import.meta.dirname, "../node_modules/.bin/attw");

/** publint on a tarball, its suggestions included. */
export async function publintProblems({ name, file }: Tarball): Promise<readonly Problem[]> {
  const bytes = readFileSync(file);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  return messages.map((message) => ({ where: name, what: formatMessage(message, pkg) ?? message.code, fix: FIX }));
}

/** Are The Types Wrong on a tarball, by the profile for ESM-only packages. */
export function typesProblems({ name, file }: Tarball): readonly Problem[] {
  const options = ["--profile", "esm-only", "--no-definitely-typed", "--no-color", "--no-summary", "--format", "ascii"];
  const { status, stdout, stderr } = spawnSync(ATTW, [file, ...options], { encoding: "utf8" });
  return status === 0 ? [] : [{ where: name, what: `attw: ${stdout}${stderr}`.trimEnd(), fix: FIX }];
}

async function tarballProblems(): Promise<readonly Problem[]> {
  const importable = publishedPackages(repository).filter(({ manifest }) => manifest.exports?.["."] !== undefined);
  const names = new Set(importable.map(({ manifest }) => manifest.name));
  const tarballs = packedTarballs();
  const publintFound = await Promise.all(tarballs.map(publintProblems));
  return [...publintFound.flat(), ...tarballs.filter(({ name }) => names.has(name)).flatMap(typesProblems)];
}

if (import.meta.main) report("published tarballs", await tarballProblems());
