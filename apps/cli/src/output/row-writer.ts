import type { CallStats, CloudLinkError, ErrorJson, ListProblem } from "@cloudlink/core";
import type { Row } from "./row.ts";
import type { Sink } from "./sink.ts";

/** The output forms, as `-o` takes them. */
export const outputForms = ["table", "wide", "json", "jsonl", "yaml", "csv", "name"] as const;

export type OutputForm = (typeof outputForms)[number];

/** A column of a table, or a field that was asked for. */
export interface Column {
  readonly title: string;
  readonly path: string;
  /** Never cut to fit a terminal: half an id names nothing. */
  readonly whole?: boolean;
}

/** What failed of an answer with many rows: a part of a list, or one ref of a get. */
export type Problem = ListProblem | { readonly ref: string; readonly error: CloudLinkError };

/** A problem as JSON. */
export function problemJson(problem: Problem): Readonly<Record<string, unknown>> {
  return { ...problem, error: problem.error.toJSON() };
}

/** What closes an answer with many rows. */
export interface Ending {
  readonly problems?: readonly Problem[];
  readonly traceId?: string | undefined;
  readonly stats?: CallStats | undefined;
  /** What ended it before its time. */
  readonly error?: ErrorJson | undefined;
}

/** Writes an answer in one output form. Either `one`, or `rows` as they come and then `end`. */
export interface RowWriter {
  /** The one row that a command gives. */
  one(row: Row): Promise<void>;
  /** Further rows. They are with the reader when it resolves, or on their way. */
  rows(rows: readonly Row[]): Promise<void>;
  end(ending: Ending): Promise<void>;
}

/** What a writer is made from. */
export interface RowWriterSettings {
  readonly sink: Sink;
  readonly form: OutputForm;
  readonly columns: readonly Column[];
  /** Whether the columns are fields that the user named: then the JSON and YAML forms hold those alone. */
  readonly projected: boolean;
  /** Leave CSV cells as they are, those too that a spreadsheet takes for a formula. */
  readonly rawCsv?: boolean;
}

/** What the JSON and YAML forms hold of a row: all of it, or the fields that were named, in their order. */
export function projectedRecord(row: Row, settings: RowWriterSettings): Readonly<Record<string, unknown>> {
  if (!settings.projected) return row.record;
  return Object.fromEntries(settings.columns.map(({ path }) => [path, row.field(path) ?? null]));
}
