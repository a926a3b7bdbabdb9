import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixture } from "./test-fixture.ts";
import { repository } from "./workspace.ts";

function lint(files: Readonly<Record<string, string>>): string {
  const { stdout, stderr } = spawnSync(
    join(repository, "node_modules/.bin/biome"),
    ["lint", "--config-path", repository, "--vcs-enabled=false", "--reporter=github", "."],
    { cwd: fixture(files), encoding: "utf8" },
  );
  return stdout + stderr;
}

test.each([
  ["a file of more than 400 lines", "noExcessiveLinesPerFile", { "a.ts": "export {};\n".repeat(401) }],
  ["export *", "noReExportAll", { "a.ts": 'export * from "./b.ts";\n' }],
  ["a file name that is not kebab-case", "useFilenamingConvention", { "PowerState.ts": "export {};\n" }],
  ["any", "noExplicitAny", { "a.ts": "export const a = 1 as any;\n" }],
  ["enum", "noEnum", { "a.ts": "export enum A { B }\n" }],
  ["ts-ignore", "noTsIgnore", { "a.ts": "// @ts-ignore\nexport const a = 1;\n" }],
  ["a skipped test", "noSkippedTests", { "a.test.ts": 'test.skip("x", () => {});\n' }],
  ["a focused test", "noFocusedTests", { "a.test.ts": 'test.only("x", () => {});\n' }],
])("the linter refuses %s", (_, rule, files) => {
  expect(lint(files)).toContain(rule);
});

test("the linter passes a file that keeps the rules", () => {
  expect(lint({ "power-state.ts": "export const a = 1;\n" })).not.toMatch(/lint\//);
});
