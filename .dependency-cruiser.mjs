/**
 * Which source may import what: "Dependencies point one way" of docs/architecture.md as rules.
 * `pnpm check` runs them through tooling/checks/src/boundaries.ts, which adds the rule on vendor SDKs.
 */
const tests = "(\\.test(-d)?\\.ts$|^[^/]+/[^/]+/test/)";
const member = "(?:packages|apps|tooling|examples)/[^/]+";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "core-stands-alone",
      comment:
        "core may import zod, @opentelemetry/api and Node's own modules: every provider and every user carries what it imports.",
      severity: "error",
      from: { path: "^packages/core/", pathNot: tests },
      to: {
        pathNot: ["^packages/core/", "(^|/)node_modules/(zod|@opentelemetry/api)/"],
        dependencyTypesNot: ["core"],
      },
    },
    {
      name: "packages-know-core-alone",
      comment:
        "Of the other packages, a package may import @cloudlink/core and @cloudlink/yaml only. Move what is shared into a contract or port of core.",
      severity: "error",
      from: { path: "^packages/([^/]+)/", pathNot: tests },
      to: { path: "(^|/)packages/[^/]+/", pathNot: ["(^|/)packages/$1/", "(^|/)packages/(core|yaml)/dist/"] },
    },
    {
      name: "packages-stay-below-apps",
      comment: "A published package may not import an app or a tool. Tests may, through a devDependency.",
      severity: "error",
      from: { path: "^packages/", pathNot: tests },
      to: { path: "^(apps|tooling)/" },
    },
    {
      name: "no-reaching-across",
      comment: "Import another workspace package by its name, never by a path into its folder.",
      severity: "error",
      from: { path: `^(${member})/` },
      to: { path: `^${member}/`, pathNot: "^$1/", dependencyTypes: ["local"] },
    },
    {
      name: "no-circular",
      comment: "Two files that import each other are one idea or three: move the shared part to a file of its own.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment: "The import leads nowhere: declare the dependency, correct the path, or build first (pnpm build).",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "(^|/)(node_modules|dist)/" },
    tsPreCompilationDeps: "specify",
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
