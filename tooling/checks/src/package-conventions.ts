import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Problem, report } from "./problem.ts";
import { type Member, publishedPackages, readMembers, repository } from "./workspace.ts";

/** The Node lines that live (22, 24, 26), from the releases in which `require()` of an ES module needs no flag. */
const ENGINES = "^22.18 || ^24.11 || >=26";

const exportTarget = z.custom(
  (target) =>
    typeof target === "string" ? target.endsWith(".json") : Object.keys(Object(target)).join() === "types,default",
  { error: "give each export `types`, then `default` and nothing else, or name a JSON file" },
);

/** What every published package.json holds, so that one package works and installs like any other. */
const publishedManifest = z.looseObject({
  description: z.string().min(1),
  license: z.literal("Apache-2.0"),
  repository: z.strictObject({ type: z.literal("git"), url: z.string(), directory: z.string() }),
  type: z.literal("module", { error: "packages are ESM-only" }),
  sideEffects: z.literal(false),
  engines: z.strictObject({ node: z.literal(ENGINES) }),
  main: z.undefined({ error: "`exports` says it all" }).optional(),
  module: z.undefined({ error: "`exports` says it all" }).optional(),
  types: z.undefined({ error: "`exports` says it all" }).optional(),
  exports: z
    .looseObject({ "./package.json": z.literal("./package.json", { error: "export ./package.json" }) })
    .catchall(exportTarget),
  files: z.array(z.string()).refine((files) => files.includes("dist"), { error: "must list dist" }),
  scripts: z
    .record(z.string(), z.string())
    .refine((scripts) => !Object.keys(scripts).some((name) => /^(pre|post)?install$|^prepare$/.test(name)), {
      error: "no install scripts: nothing runs on a user's machine unasked",
    }),
  publishConfig: z.looseObject({ access: z.literal("public"), provenance: z.literal(true) }),
});

/** Names, folders, exports, engines and peers of the members under `root`. */
export function packageProblems(root: string): readonly Problem[] {
  return [
    ...readMembers(root, ["packages", "apps", "tooling"]).flatMap(nameProblems),
    ...publishedPackages(root).flatMap((member) => [...manifestProblems(member), ...readmeProblems(root, member)]),
  ];
}

function nameProblems({ directory, manifest }: Member): readonly Problem[] {
  const name = `@cloudlink/${directory.split("/").at(-1)}`;
  if (manifest.name === name) return [];
  return [{ where: `${directory}/package.json`, what: `is named ${manifest.name}`, fix: `Name it ${name}.` }];
}

function manifestProblems({ directory, manifest }: Member): readonly Problem[] {
  const where = `${directory}/package.json`;
  const fix = "Copy the field from packages/core/package.json; CONTRIBUTING.md says why each is there.";
  const problems: Problem[] = (publishedManifest.safeParse(manifest).error?.issues ?? []).map((issue) => ({
    where,
    what: `${issue.path.join(".")}: ${issue.message}`,
    fix,
  }));
  const { repository: source, dependencies } = manifest as { repository?: Fields; dependencies?: Fields };
  if (source !== undefined && source.directory !== directory) {
    problems.push({ where, what: `repository.directory is not ${directory}`, fix });
  }
  if (directory.startsWith("packages/") && dependencies?.["@cloudlink/core"] !== undefined) {
    problems.push({
      where,
      what: "depends on @cloudlink/core",
      fix: "Make core a peer (and a devDependency), so that an application has one copy of it.",
    });
  }
  return problems;
}

type Fields = Readonly<Record<string, string>>;

function readmeProblems(root: string, { directory }: Member): readonly Problem[] {
  if (existsSync(join(root, directory, "README.md"))) return [];
  return [{ where: directory, what: "has no README.md", fix: "Write one whose first example is a whole program." }];
}

if (import.meta.main) report("package conventions", packageProblems(repository));
