import { expect, test } from "vitest";
import { lockfileProblems } from "./lockfile.ts";

test("hashes without hosts pass", () => {
  expect(lockfileProblems("  zod@4.6.7:\n    resolution: {integrity: sha512-abc}\n")).toEqual([]);
});

test("a line that names a registry is found with its number", () => {
  const text = "lockfileVersion: '9.0'\n    resolution: {tarball: https://registry.invalid/zod.tgz}\n";
  expect(lockfileProblems(text)).toEqual([expect.objectContaining({ where: "pnpm-lock.yaml:2" })]);
});
