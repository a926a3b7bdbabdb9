import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PackedProject, packedProject, packedTarballs } from "./packed-project.ts";

const run = promisify(execFile);
const names = packedTarballs().map(({ name }) => name);
const project = packedProject();

interface PackedManifest {
  readonly exports: Readonly<Record<string, unknown>>;
}

function installed(name: string): {
  readonly directory: string;
  readonly text: string;
  readonly manifest: PackedManifest;
} {
  const directory = join(project.directory, "node_modules", name);
  const text = readFileSync(join(directory, "package.json"), "utf8");
  return { directory, text, manifest: JSON.parse(text) };
}

/** What `import` and `require` are given: each subpath that has code behind it. */
function specifiers(name: string): readonly string[] {
  return Object.entries(installed(name).manifest.exports)
    .filter(([, target]) => typeof target === "object" && target !== null && "default" in target)
    .map(([subpath]) => name + subpath.slice(1));
}

describe.each(names)("%s as packed", (name) => {
  test("carries its README, its licence and no sources", () => {
    const files = readdirSync(installed(name).directory, { recursive: true, encoding: "utf8" });
    expect(files).toEqual(expect.arrayContaining(["README.md", "LICENSE", "package.json"]));
    expect(files.filter((file) => /(^|\/)src\/|\.test\./.test(file) && !file.startsWith("node_modules"))).toEqual([]);
  });

  test("names its dependencies by real ranges", () => {
    expect(installed(name).text).not.toMatch(/"(workspace|catalog|file|link):/);
  });
});

describe.each(names.flatMap(specifiers))("%s", (specifier) => {
  const folder = scratchFolder(specifier.replaceAll("/", "-"));

  test("gives a CommonJS program by require() what an ES module gets by import", async () => {
    const program = join(folder, "program.cjs");
    writeFileSync(
      program,
      `const names = (module) => Object.keys(module).filter((name) => !/^(module\\.exports|__esModule)$/.test(name)).sort();
       const required = names(require("${specifier}"));
       import("${specifier}").then((module) => console.log(JSON.stringify({ required, imported: names(module) })));`,
    );
    const { stdout } = await run(process.execPath, [program]);
    const { required, imported } = JSON.parse(stdout);
    expect(required.length).toBeGreaterThan(0);
    expect(required).toEqual(imported);
  });
});

describe("the classes that users meet", () => {
  test("keep their names through the bundler: stack traces show them", async () => {
    const core: Readonly<Record<string, unknown>> = await import(project.resolve("@cloudlink/core"));
    const classes = Object.entries(core).filter(([, value]) => /^class\b/.test(String(value)));
    expect(classes.map(([exported, value]) => [exported, (value as { name: string }).name])).toEqual([
      ["CloudLinkError", "CloudLinkError"],
      ["Secret", "Secret"],
    ]);
  });
});

describe("provider-aws with core alone", () => {
  let alone: PackedProject;
  beforeAll(() => {
    alone = packedProject({ packages: ["@cloudlink/core", "@cloudlink/provider-aws"] });
  });

  test("brings no kernel along", () => {
    expect(cloudlinkPackages(alone)).toEqual(["core", "provider-aws"]);
    expect(cloudlinkPackages(project)).toContain("nexus");
  });

  test("loads", async () => {
    expect(Object.keys(await import(alone.resolve("@cloudlink/provider-aws")))).not.toEqual([]);
  });
});

test("the packed shell answers --help", async () => {
  const { stdout } = await run(join(project.directory, "node_modules/.bin/cloudlink"), ["--help"]);
  expect(stdout).toContain("Usage: cloudlink");
});

/** The names of all CloudLink packages anywhere in the project, by pnpm's flat store folder. */
function cloudlinkPackages({ directory }: PackedProject): readonly string[] {
  const store = readdirSync(join(directory, "node_modules/.pnpm"));
  return [...new Set(store.flatMap((entry) => /^@cloudlink\+([a-z-]+)@/.exec(entry)?.[1] ?? []))].sort();
}

function scratchFolder(name: string): string {
  const folder = join(project.directory, "scratch", `${process.pid}-${name}`);
  beforeAll(() => void mkdirSync(folder, { recursive: true }));
  afterAll(() => {
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  });
  return folder;
}
