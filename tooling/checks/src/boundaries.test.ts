import { describe, expect, test } from "vitest";
import { boundaryProblems } from "./boundaries.ts";
import { fixture } from "./test-fixture.ts";

const module = (name: string) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, exports: "./index.js" }),
  [`node_modules/${name}/index.js`]: "export default 1;",
});
const built = (name: string) => ({
  [`packages/${name}/package.json`]: JSON.stringify({ name: `@cloudlink/${name}`, exports: "./dist/index.js" }),
  [`packages/${name}/dist/index.js`]: "export default 1;",
  [`node_modules/@cloudlink/${name}`]: `link:../../packages/${name}`,
});
const workspace = {
  ...module("zod"),
  ...module("lodash"),
  ...module("@aws-sdk/client-ec2"),
  ...built("core"),
  ...built("nexus"),
  ...built("registry"),
  ...built("yaml"),
  "apps/demo/src/main.ts": "export const demo = 1;",
  "tooling/bench/src/main.ts": "export const bench = 1;",
};

async function rulesBroken(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const problems = await boundaryProblems(fixture({ ...workspace, ...files }));
  return problems.map(({ where, what }) => `${where}: ${what}`);
}

describe("boundaries allow", () => {
  test("what the architecture draws", async () => {
    expect(
      await rulesBroken({
        "packages/core/src/index.ts": 'import "zod"; import "node:fs";',
        "packages/registry/src/index.ts": 'import "@cloudlink/core"; import "@cloudlink/yaml"; import "lodash";',
        "packages/provider-aws/src/index.ts": 'export const load = () => import("./sdk.ts");',
        "packages/provider-aws/src/sdk.ts": 'import "@aws-sdk/client-ec2";',
        "packages/provider-aws/src/page.ts": 'import type Client from "@aws-sdk/client-ec2"; export type P = Client;',
        "packages/nexus/src/index.test.ts": 'import "@cloudlink/nexus"; import "lodash";',
        "apps/cli/src/main.ts": 'import "@cloudlink/nexus"; import "@cloudlink/core";',
      }),
    ).toEqual([]);
  });
});

describe("boundaries refuse", () => {
  test("a dependency of core beyond zod and OpenTelemetry's API", async () => {
    expect(await rulesBroken({ "packages/core/src/index.ts": 'import "lodash";' })).toEqual([
      expect.stringMatching(/core\/src\/index\.ts: core-stands-alone: imports .*lodash/),
    ]);
  });

  test("core importing another package", async () => {
    expect(await rulesBroken({ "packages/core/src/index.ts": 'import "@cloudlink/nexus";' })).toEqual([
      expect.stringContaining("core-stands-alone"),
      expect.stringContaining("packages-know-core-alone"),
    ]);
  });

  test("a provider importing the kernel, even for its types", async () => {
    const files = { "packages/provider-aws/src/index.ts": 'import type N from "@cloudlink/nexus"; export type X = N;' };
    expect(await rulesBroken(files)).toEqual([expect.stringContaining("packages-know-core-alone")]);
  });

  test("the reader of YAML importing a package that uses it", async () => {
    const files = { "packages/yaml/src/index.ts": 'import "@cloudlink/registry";' };
    expect(await rulesBroken(files)).toEqual([expect.stringContaining("packages-know-core-alone")]);
  });

  test("a package importing an app or a tool", async () => {
    const files = { "packages/nexus/src/index.ts": 'import "../../../apps/demo/src/main.ts";' };
    expect(await rulesBroken(files)).toEqual([
      expect.stringContaining("no-reaching-across"),
      expect.stringContaining("packages-stay-below-apps"),
    ]);
  });

  test("a path into another package's sources", async () => {
    const files = {
      "packages/core/src/scope.ts": "export const scope = 1;",
      "packages/nexus/src/index.test.ts": 'import "../../core/src/scope.ts";',
    };
    expect(await rulesBroken(files)).toEqual([expect.stringContaining("no-reaching-across")]);
  });

  test("circular imports, of types too", async () => {
    const files = {
      "packages/core/src/a.ts": 'import type { B } from "./b.ts"; export type A = B;',
      "packages/core/src/b.ts": 'import type { A } from "./a.ts"; export type B = A;',
    };
    expect(await rulesBroken(files)).toEqual([expect.stringContaining("no-circular")]);
  });

  test("an import that leads nowhere", async () => {
    expect(await rulesBroken({ "apps/cli/src/main.ts": 'import "./gone.ts";' })).toEqual([
      expect.stringContaining("resolvable"),
    ]);
  });

  test("a vendor SDK in two files of a package", async () => {
    const files = {
      "packages/provider-aws/src/sdk.ts": 'import "@aws-sdk/client-ec2";',
      "packages/provider-aws/src/other.ts": 'export const load = () => import("@aws-sdk/client-ec2");',
    };
    expect(await rulesBroken(files)).toEqual([expect.stringContaining("2 files import a vendor SDK")]);
  });

  test("a vendor SDK that loads with the package, through however many files", async () => {
    const files = {
      "packages/provider-aws/src/index.ts": 'import "./handler.ts";',
      "packages/provider-aws/src/handler.ts": 'import "./sdk.ts";',
      "packages/provider-aws/src/sdk.ts": 'import "@aws-sdk/client-ec2";',
    };
    expect(await rulesBroken(files)).toEqual([
      expect.stringMatching(/loads a vendor SDK at once: .*index\.ts → .*handler\.ts → .*sdk\.ts → .*client-ec2/),
    ]);
  });
});
