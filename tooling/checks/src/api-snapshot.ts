import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from "@microsoft/api-extractor";
import { unannouncedChange } from "./announced.ts";
import { type Problem, report } from "./problem.ts";
import { type Member, publishedPackages, repository } from "./workspace.ts";

const UPDATE = "Run `pnpm api`, read the diff, and commit it with a changeset (`pnpm changeset`).";

/** A way into a package: `.` or a subpath, its built declarations and the file its surface is written down in. */
interface EntryPoint {
  readonly declarations: string;
  readonly snapshot: string;
}

function entryPoints({ directory, manifest }: Member): readonly EntryPoint[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
    const types = (target as { types?: string }).types;
    if (types === undefined) return [];
    const name = [directory.split("/").at(-1), ...subpath.split("/").slice(1)].join("-");
    return [{ declarations: types, snapshot: `etc/${name}.api.md` }];
  });
}

/**
 * Compares the public surface of each published package with the snapshot in its `etc` folder, or writes it.
 * A surface that differs from the last released one needs a changeset that names the package.
 */
export function apiProblems(root: string, settings: { readonly write: boolean }): readonly Problem[] {
  return publishedPackages(root).flatMap((member) =>
    entryPoints(member).flatMap((entry) => {
      const problems = snapshotProblems(root, member, entry, settings.write);
      return settings.write || problems.length > 0 ? problems : unannouncedChange(root, member, entry.snapshot);
    }),
  );
}

function snapshotProblems(root: string, { directory }: Member, entry: EntryPoint, write: boolean): readonly Problem[] {
  const where = `${directory}/${entry.snapshot}`;
  if (!write && !existsSync(join(root, where))) return [{ where, what: "does not exist", fix: UPDATE }];
  if (!existsSync(join(root, directory, entry.declarations))) {
    return [{ where, what: `${entry.declarations} is not there`, fix: "Build first: `pnpm build`." }];
  }

  mkdirSync(join(root, directory, "etc"), { recursive: true });
  const problems: Problem[] = [];
  const exported = exportedNames(join(root, directory, entry.declarations));
  // A subpath's declarations have those of the main entry in them, with links to others that are found there.
  const elsewhere = exportedNames(join(root, directory, "dist/index.d.ts"));
  const onMessage = (message: ExtractorMessage): void => {
    message.handled = true;
    if (message.logLevel !== ExtractorLogLevel.Error && message.logLevel !== ExtractorLogLevel.Warning) return;
    if (message.messageId.startsWith("console-") || needsNoDocumentation(message, exported)) return;
    if (message.messageId === "ae-unresolved-link" && elsewhere.has(/export "(.+)"/.exec(message.text)?.[1] ?? ""))
      return;
    problems.push({
      where: `${directory}/${entry.declarations.slice(2)}:${message.sourceFileLine ?? 1}`,
      what: message.text,
      fix: "Write or correct the TSDoc in the source this declaration was built from.",
    });
  };
  const { apiReportChanged } = Extractor.invoke(configuration(join(root, directory), entry), {
    localBuild: write,
    messageCallback: onMessage,
  });
  if (apiReportChanged && !write) problems.push({ where, what: "the public surface has changed", fix: UPDATE });
  return problems;
}

/** The doc comment is asked of what is exported, not of its members, nor of types the entry point keeps to itself. */
function needsNoDocumentation({ messageId, text }: ExtractorMessage, exported: ReadonlySet<string>): boolean {
  return messageId === "ae-undocumented" && !exported.has(/"(.+)"/.exec(text)?.[1] ?? "");
}

/** The names a rolled-up declaration file exports: it ends in one list of them. */
function exportedNames(declarations: string): ReadonlySet<string> {
  const lists = [...readFileSync(declarations, "utf8").matchAll(/^export (?:type )?\{([^}]*)\}/gm)];
  // What comes from a chunk that entries share has another name there: `export { C as Context }`.
  const written = lists.flatMap(([, list = ""]) => list.split(","));
  return new Set(
    written.map((name) =>
      name
        .trim()
        .replace(/^type /, "")
        .replace(/^.* as /, ""),
    ),
  );
}

function configuration(directory: string, { declarations, snapshot }: EntryPoint): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(directory, "package.json"),
    configObject: {
      projectFolder: directory,
      mainEntryPointFilePath: join(directory, declarations),
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFolder: join(directory, "etc"),
        reportTempFolder: join(directory, "node_modules/.cache/api"),
        reportFileName: snapshot.slice("etc/".length),
      },
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "ES2023",
            lib: ["ES2024", "ESNext.Disposable"],
            module: "NodeNext",
            moduleResolution: "NodeNext",
            types: ["node"],
            strict: true,
            skipLibCheck: true,
          },
          include: [join(directory, declarations)],
        },
      },
      newlineKind: "lf",
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Warning },
          // Types an entry point uses but does not export are written into the snapshot instead.
          "ae-forgotten-export": { logLevel: ExtractorLogLevel.None },
          // Packages have one release tag, their version: nothing is marked @public or @beta.
          "ae-missing-release-tag": { logLevel: ExtractorLogLevel.None },
        },
      },
    },
  });
}

if (import.meta.main) {
  const write = process.argv.includes("--write");
  report(write ? "API snapshots written" : "API snapshots", apiProblems(repository, { write }));
}
