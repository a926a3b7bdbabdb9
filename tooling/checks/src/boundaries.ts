import { join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import readConfiguration from "dependency-cruiser/config-utl/extract-depcruise-config";
import { type Problem, report } from "./problem.ts";
import { vendorSdkProblems } from "./vendor-sdk.ts";
import { repository } from "./workspace.ts";

const SOURCES = ["{packages,apps,tooling,examples}/*/{src,test}"];

/** Holds the sources under `root` against the rules of this repository's .dependency-cruiser.mjs and the vendor SDK rule. */
export async function boundaryProblems(root: string): Promise<readonly Problem[]> {
  const configuration = await readConfiguration(join(repository, ".dependency-cruiser.mjs"));
  const { output } = await cruise(SOURCES, {
    ...configuration.options,
    baseDir: root,
    validate: true,
    ruleSet: configuration,
  });
  const { modules, summary } = output as ICruiseResult;
  const violations = summary.violations.map(({ rule, from, to, cycle }) => ({
    where: from,
    what: `${rule.name}: imports ${[to, ...(cycle?.slice(1).map(({ name }) => name) ?? [])].join(" → ")}`,
    fix: configuration.forbidden?.find(({ name }) => name === rule.name)?.comment ?? rule.name,
  }));
  return [...violations, ...vendorSdkProblems(modules)];
}

if (import.meta.main) report("boundaries", await boundaryProblems(repository));
