import { runSteps, type Step } from "./steps.ts";

const own = (name: string, file: string): Step => ({
  name,
  command: ["node", `tooling/checks/src/${file}`],
  onFailure: "Each line above says what to mend.",
});

/** Every static check of the repository: `pnpm check`. */
const checks: readonly Step[] = [
  {
    name: "build and types",
    command: ["turbo", "run", "build", "typecheck", "--continue", "--output-logs=errors-only"],
    onFailure: "Mend the compiler's errors above; one package alone: `pnpm --filter @cloudlink/core typecheck`.",
  },
  {
    name: "lint and format",
    command: ["biome", "ci", "."],
    onFailure: "`pnpm format` mends format, imports and what has a safe fix; the rest is named above.",
  },
  {
    name: "unused code and undeclared dependencies",
    command: ["knip"],
    onFailure:
      "Delete what nothing uses, declare what is used where it is used; a new entry point goes into knip.json.",
  },
  own("boundaries", "boundaries.ts"),
  own("package conventions", "package-conventions.ts"),
  own("lock file", "lockfile.ts"),
  own("API snapshots", "api-snapshot.ts"),
  own("published tarballs", "published-tarballs.ts"),
];

if ((await runSteps(checks)).length > 0) process.exitCode = 1;
