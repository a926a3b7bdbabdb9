import {
  type Configuration,
  type ConfigurationProblem,
  type ConfiguredAccount,
  checkConfiguration,
  readConfiguration,
} from "@cloudlink/config";
import type { CommonOptions } from "../command-options.ts";
import { plugins } from "../connection/configured-connection.ts";
import { EXIT_OK, exitCodeOf } from "../exit-code.ts";
import { createRowWriter } from "../output/create-row-writer.ts";
import { neutralize } from "../output/neutralize.ts";
import { plainRow, type Row } from "../output/row.ts";
import type { Column } from "../output/row-writer.ts";
import { createSink } from "../output/sink.ts";
import { plainColumns } from "../plain-columns.ts";
import type { ShellIo } from "../shell-io.ts";
import { usageError } from "../usage-error.ts";

/** `cloudlink config check [file]`: every mistake with its line and column, or what the file comes to. No vendor is called. */
export async function configCheck(io: ShellIo, named: string | undefined, options: CommonOptions): Promise<number> {
  const path = named ?? (io.env.CLOUDLINK_CONFIG || undefined);
  if (path === undefined) {
    throw usageError("Name the file to check, or set CLOUDLINK_CONFIG: none is looked for in the current folder.");
  }
  const source = { path, environment: io.env };
  const problems = await checkConfiguration({ ...source, plugins });
  const report = problems.length > 0 ? problemsOf(path, problems) : summaryOf(path, await readConfiguration(source));
  await print(io, report, options);
  return problems.length > 0 ? exitCodeOf("invalid_argument") : EXIT_OK;
}

/** What is printed: as one record, as rows, or as text. */
interface Report {
  readonly record: Readonly<Record<string, unknown>>;
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
  readonly text: string;
}

function problemsOf(file: string, problems: readonly ConfigurationProblem[]): Report {
  const placed = problems.map(({ line, column, message }) => ({ place: `${file}:${line}:${column}`, message }));
  return {
    record: { file, ok: false, problems },
    rows: problems.map((problem, index) => plainRow(placed[index]?.place ?? file, { file, ...problem })),
    columns: titled(["file", "line", "column", "message"]),
    text: placed.map(({ place, message }) => `${place}: ${message}`).join("\n"),
  };
}

function summaryOf(file: string, { tenant, providers, accounts = [] }: Configuration): Report {
  const names = Object.keys(providers ?? Object.fromEntries(plugins.map(({ name }) => [name, {}])));
  const facts = accounts.map(accountFacts);
  const whose = facts.length === 0 ? "the account of the ambient credentials" : "these accounts:";
  return {
    record: { file, ok: true, tenant, providers: names, accounts: facts },
    rows: facts.map((each) => plainRow(each.account, each)),
    columns: titled(["provider", "account", "name", "regions", "role", "credentials"]),
    text: `${file}: ok\nTenant ${tenant}, providers ${names.join(", ")}, ${whose}`,
  };
}

/** Of credentials only which they are: an external id or the name of a profile is nobody else's business. */
function accountFacts({ provider, account, name, regions, role, credentials }: ConfiguredAccount) {
  const steered = credentials.kind === "ambient" ? Object.keys(credentials.parameters) : [];
  return {
    ...{ provider, account, ...(name !== undefined && { name }), regions, role },
    credentials: steered.length === 0 ? credentials.kind : `${credentials.kind} (${steered.join(", ")})`,
  };
}

async function print(io: ShellIo, report: Report, options: CommonOptions): Promise<void> {
  const sink = createSink(io.stdout);
  const columns = plainColumns(report.columns, options.fields);
  const { output: form, fields, rawCsv = false } = options;
  const writer = await createRowWriter({ sink, form, columns, projected: fields !== undefined, rawCsv });
  if (form === "table" || form === "wide") {
    await sink.write(`${report.text.split("\n").map(neutralize).join("\n")}\n`);
    if (report.record.ok === true) await writer.rows(report.rows);
  } else if (form === "csv" || form === "name") {
    await writer.rows(report.rows);
    await writer.end({});
  } else await writer.one(plainRow(String(report.record.file), report.record));
}

function titled(paths: readonly string[]): readonly Column[] {
  return paths.map((path) => ({ title: path.toUpperCase(), path }));
}
