import type { IModule } from "dependency-cruiser";
import type { Problem } from "./problem.ts";

const VENDOR_SDK = /(^|\/)node_modules\/(@aws-sdk|@aws-crypto|@smithy|@azure|@salesforce|@jsforce)\//;
const SOURCE = /^((?:packages|apps)\/[^/]+)\/src\//;
const TEST = /\.test(-d)?\.ts$/;
const ENTRY = /\/src\/(.*\/)?(index|main)\.ts$/;

/**
 * A vendor SDK is imported by one file per package, and that file (or the SDK in it) is loaded when first needed:
 * an SDK takes 170–600 ms to import, which no `--help` and no other provider's user shall pay. Type-only imports are free.
 */
export function vendorSdkProblems(modules: readonly IModule[]): readonly Problem[] {
  const sources = modules.filter(({ source }) => SOURCE.test(source) && !TEST.test(source));
  return [...moreThanOneFile(sources), ...loadedAtStart(sources)];
}

function moreThanOneFile(sources: readonly IModule[]): readonly Problem[] {
  const importers = Map.groupBy(
    sources.filter((module) => valueImports(module).some((to) => VENDOR_SDK.test(to.resolved))),
    ({ source }) => SOURCE.exec(source)?.[1] ?? "",
  );
  return [...importers]
    .filter(([, files]) => files.length > 1)
    .map(([where, files]) => ({
      where,
      what: `${files.length} files import a vendor SDK: ${files.map(({ source }) => source).join(", ")}`,
      fix: "Keep the SDK in one file per package; elsewhere use that file's own types, or `import type`.",
    }));
}

function loadedAtStart(sources: readonly IModule[]): readonly Problem[] {
  const bySource = new Map(sources.map((module) => [module.source, module]));
  return sources
    .filter(({ source }) => ENTRY.test(source))
    .flatMap((entry) => {
      const path = pathToSdk(bySource, [entry.source], new Set());
      if (path === undefined) return [];
      return [
        {
          where: entry.source,
          what: `importing it loads a vendor SDK at once: ${path.join(" → ")}`,
          fix: "Load the SDK's file by `await import(…)` where it is first needed.",
        },
      ];
    });
}

/** The first chain of static imports that ends in a vendor SDK. */
function pathToSdk(
  bySource: ReadonlyMap<string, IModule>,
  path: readonly string[],
  seen: Set<string>,
): readonly string[] | undefined {
  const source = path.at(-1) ?? "";
  if (VENDOR_SDK.test(source)) return path;
  if (seen.has(source)) return undefined;
  seen.add(source);
  const module = bySource.get(source);
  for (const { resolved, dynamic } of module === undefined ? [] : valueImports(module)) {
    const found = dynamic ? undefined : pathToSdk(bySource, [...path, resolved], seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function valueImports(module: IModule) {
  return module.dependencies.filter(({ dependencyTypes }) => !dependencyTypes.includes("type-only"));
}
