import { expect, test } from "vitest";
import { packageProblems } from "./package-conventions.ts";
import { fixture } from "./test-fixture.ts";

const sound = {
  name: "@cloudlink/nexus",
  description: "The kernel.",
  license: "Apache-2.0",
  repository: { type: "git", url: "git+https://example.invalid/x.git", directory: "packages/nexus" },
  type: "module",
  sideEffects: false,
  engines: { node: "^22.18 || ^24.11 || >=26" },
  exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
  files: ["dist", "README.md", "LICENSE"],
  scripts: { build: "tsup" },
  peerDependencies: { "@cloudlink/core": "workspace:^" },
  publishConfig: { access: "public", provenance: true },
};

function problemsOf(change: object): readonly string[] {
  const root = fixture({
    "packages/nexus/package.json": JSON.stringify({ ...sound, ...change }),
    "packages/nexus/README.md": "# nexus",
  });
  return packageProblems(root).map(({ what }) => what);
}

test("a package that holds every convention passes", () => {
  expect(problemsOf({})).toEqual([]);
});

test.each([
  ["name", { name: "nexus" }],
  ["description", { description: undefined }],
  ["license", { license: "MIT" }],
  ["repository.directory", { repository: { ...sound.repository, directory: "packages/core" } }],
  ["type", { type: undefined }],
  ["sideEffects", { sideEffects: undefined }],
  ["engines", { engines: { node: ">=20" } }],
  ["main", { main: "./dist/index.js" }],
  ["`types`, then `default`", { exports: { ...sound.exports, ".": { default: "./a.js", types: "./a.d.ts" } } }],
  ["exports", { exports: { ...sound.exports, ".": { types: "./a.d.ts", require: "./a.cjs", default: "./a.js" } } }],
  ["export ./package.json", { exports: { ".": sound.exports["."] } }],
  ["must list dist", { files: ["src"] }],
  ["no install scripts", { scripts: { postinstall: "node setup.js" } }],
  ["publishConfig", { publishConfig: { access: "public" } }],
  ["depends on @cloudlink/core", { dependencies: { "@cloudlink/core": "workspace:^" } }],
])("a package that breaks the convention on %s is told so", (words, change) => {
  expect(problemsOf(change)).toEqual([expect.stringContaining(words === "name" ? "is named nexus" : words)]);
});

test("a private package needs a name only", () => {
  expect(problemsOf({ private: true, license: undefined, exports: undefined })).toEqual([]);
});

test("a published package without a README is told so", () => {
  const root = fixture({ "packages/nexus/package.json": JSON.stringify(sound) });
  expect(packageProblems(root).map(({ what }) => what)).toEqual(["has no README.md"]);
});
