import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { publintProblems, typesProblems } from "./published-tarballs.ts";
import { fixture } from "./test-fixture.ts";

const sound = {
  "package/package.json": JSON.stringify({
    name: "@cloudlink/sum",
    version: "1.0.0",
    type: "module",
    license: "Apache-2.0",
    sideEffects: false,
    engines: { node: ">=22" },
    repository: { type: "git", url: "git+https://github.com/cloudlink/cloudlink.git" },
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
  }),
  "package/dist/index.js": "export const one = 1;\n",
  "package/dist/index.d.ts": "export declare const one: number;\n",
};

function tarball(files: Readonly<Record<string, string>>) {
  const root = fixture(files);
  execFileSync("tar", ["-czf", "sum.tgz", "package"], { cwd: root });
  return { name: "@cloudlink/sum", file: join(root, "sum.tgz") };
}

test("a sound tarball passes both", async () => {
  const packed = tarball(sound);
  expect(await publintProblems(packed)).toEqual([]);
  expect(typesProblems(packed)).toEqual([]);
});

test("publint refuses an export whose file was not packed", async () => {
  const { "package/dist/index.js": _, ...files } = sound;
  expect(await publintProblems(tarball(files))).toEqual([
    expect.objectContaining({ what: expect.stringContaining("./dist/index.js") }),
  ]);
});

test("attw refuses declarations that lead to a file that was not packed", () => {
  const files = { ...sound, "package/dist/index.d.ts": 'export { one } from "./one.js";\n' };
  expect(typesProblems(tarball(files))).toEqual([
    expect.objectContaining({ what: expect.stringMatching(/internal resolution error/i) }),
  ]);
});
