import { runSteps, type Step } from "./steps.ts";

/** Everything CI runs, which is everything there is: `pnpm test`. */
const steps: readonly Step[] = [
  {
    name: "build",
    command: ["turbo", "run", "build", "--output-logs=errors-only"],
    onFailure: "Mend the build first: the rest works on what it makes.",
    required: true,
  },
  {
    name: "servers that tests use (the first time takes some minutes)",
    command: ["node", "tooling/testbed/dist/main.js", "ensure"],
    onFailure: "The line above says what is missing and how to get it.",
    required: true,
  },
  {
    name: "static checks",
    command: ["node", "tooling/checks/src/check.ts"],
    onFailure: "`pnpm check` runs these alone.",
  },
  {
    name: "tests: units, whole system, packed packages, documentation",
    command: ["vitest", "run", "--coverage"],
    onFailure: "One file alone: `pnpm exec vitest run packages/core/src/scope.test.ts`.",
  },
];

if ((await runSteps(steps)).length > 0) process.exitCode = 1;
