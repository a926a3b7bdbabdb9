import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { apiProblems } from "./api-snapshot.ts";
import { fixture, write } from "./test-fixture.ts";

const SURFACE = "/** Adds. */\nexport declare function add(left: number, right: number): number;\n";
const WIDER = `${SURFACE}/** Negates. */\nexport declare function negate(value: number): number;\n`;
const DECLARATIONS = "packages/sum/dist/index.d.ts";
const CHANGESET = { ".changeset/odd-cats-run.md": '---\n"@cloudlink/sum": minor\n---\n\nNegates.\n' };

function repositoryOf(files: Readonly<Record<string, string>> = {}): string {
  const root = fixture({
    "packages/sum/package.json": JSON.stringify({
      name: "@cloudlink/sum",
      version: "1.0.0",
      exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
    }),
    [DECLARATIONS]: withExports(SURFACE),
    ...files,
  });
  git(root, "init", "--quiet");
  return root;
}

/** Declarations as tsup rolls them up: the exported names in one list at the end. */
function withExports(declarations: string): string {
  const names = [...declarations.matchAll(/function (\w+)/g)].map(([, name]) => name);
  return `${declarations.replaceAll("export declare", "declare")}export { ${names.join(", ")} };\n`;
}

function git(root: string, ...command: readonly string[]): void {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"];
  execFileSync("git", [...identity, ...command], { cwd: root });
}

function commit(root: string): void {
  git(root, "add", "--force", ".");
  git(root, "commit", "--quiet", "--message", "state");
}

function check(root: string): readonly string[] {
  return apiProblems(root, { write: false }).map(({ what }) => what);
}

/** A package released with SURFACE: the snapshot and the changelog are in one commit, no changeset is left. */
function released(): string {
  const root = repositoryOf({ "packages/sum/CHANGELOG.md": "# 1.0.0\n" });
  apiProblems(root, { write: true });
  commit(root);
  return root;
}

test("a package without a snapshot is told to write one", () => {
  expect(check(repositoryOf())).toEqual(["does not exist"]);
});

test("the surface of a package that was never released needs a changeset", () => {
  const root = repositoryOf();
  apiProblems(root, { write: true });
  commit(root);
  expect(check(root)).toEqual([expect.stringContaining("no changeset names the package")]);
  write(root, CHANGESET);
  expect(check(root)).toEqual([]);
});

test("an unchanged surface after a release needs nothing", () => {
  expect(check(released())).toEqual([]);
});

test("a surface that differs from its snapshot fails, changeset or not", () => {
  const root = released();
  write(root, { [DECLARATIONS]: withExports(WIDER), ...CHANGESET });
  expect(check(root)).toEqual(["the public surface has changed"]);
});

test("an updated snapshot fails without a changeset and passes with one", () => {
  const root = released();
  write(root, { [DECLARATIONS]: withExports(WIDER) });
  apiProblems(root, { write: true });
  commit(root);
  expect(check(root)).toEqual([expect.stringContaining("differs from the last release of @cloudlink/sum")]);
  write(root, CHANGESET);
  expect(check(root)).toEqual([]);
});

test("a changeset for another package does not count", () => {
  const root = released();
  write(root, { [DECLARATIONS]: withExports(WIDER), ".changeset/a.md": '---\n"@cloudlink/summary": minor\n---\n' });
  apiProblems(root, { write: true });
  expect(check(root)).toHaveLength(1);
});

test("checking never writes the snapshot", () => {
  const root = released();
  const snapshot = () => readFileSync(join(root, "packages/sum/etc/sum.api.md"), "utf8");
  const before = snapshot();
  write(root, { [DECLARATIONS]: withExports(WIDER) });
  check(root);
  expect(snapshot()).toBe(before);
});

test("an exported name without a doc comment is told so", () => {
  const root = repositoryOf({ [DECLARATIONS]: withExports(SURFACE.replace("/** Adds. */\n", "")) });
  expect(apiProblems(root, { write: true }).map(({ what }) => what)).toEqual(['Missing documentation for "add".']);
});
