import { createFilter, type Filter, type Kind, quote } from "@cloudlink/core";
import { fieldOfPath, fieldsOf, type KindField } from "./kind-fields.ts";
import { rowFields } from "./output/row.ts";
import type { Column, OutputForm } from "./output/row-writer.ts";
import { usageError } from "./usage-error.ts";

/** `field=value` as it was written on the command line. */
export type Assignment = readonly [name: string, value: string];

/**
 * What `--where` and `--tag` ask for: `powerState=running,stopped` is either, and so is a name that is given twice. A tag's commas are
 * its own: tags have them. What the command line has as text becomes a number or a boolean where the kind's schema has one.
 *
 * @throws `invalid_argument` that lists the filters, or the values, there are: a misspelt state would otherwise just match nothing.
 */
export async function readFilter(
  kind: Kind,
  written: { readonly where?: readonly Assignment[]; readonly tag?: readonly Assignment[] },
): Promise<Filter> {
  const { where = [], tag = [] } = written;
  const known = where.length === 0 ? [] : await fieldsOf(kind);
  const values = where.flatMap(([path, text]) =>
    text.split(",").map((value) => [path, convert(value, { path, type: fieldOfPath(known, path)?.type })] as const),
  );
  return createFilter(kind, { where: grouped(values), tags: grouped(tag) });
}

function grouped<Value>(pairs: readonly (readonly [string, Value])[]): Record<string, readonly Value[]> {
  const groups = Map.groupBy(pairs, ([name]) => name);
  // fromEntries defines own properties, whatever a tag is called.
  return Object.fromEntries([...groups].map(([name, pairs]) => [name, pairs.map(([, value]) => value)]));
}

function convert(text: string, { path, type }: { path: string; type: string | undefined }): unknown {
  if (type === "boolean") {
    if (text !== "true" && text !== "false") throw usageError(`${path} is true or false, not ${quote(text)}.`);
    return text === "true";
  }
  if (type === "integer" || type === "number") {
    const number = Number(text);
    if (text === "" || Number.isNaN(number)) throw usageError(`${path} is a number, not ${quote(text)}.`);
    return number;
  }
  return text;
}

/** What decides the columns of an answer about a kind. */
export interface ColumnRequest {
  readonly form: OutputForm;
  readonly fields: readonly string[] | undefined;
  /** Whether the rows may be of several accounts. */
  readonly severalAccounts: boolean;
  /** What to do instead, where the answer has no native body to take fields from. */
  readonly withoutNative?: string;
}

/** The columns of an answer: the fields that were named, or the kind's own. @throws `invalid_argument` for a field that there is not. */
export async function columnsOf(kind: Kind, request: ColumnRequest): Promise<readonly Column[]> {
  if (request.fields !== undefined) {
    const known = await fieldsOf(kind);
    return request.fields.map((path) => {
      if (request.withoutNative !== undefined && /^native(\.|$)/.test(path)) throw usageError(request.withoutNative);
      return namedColumn(kind, { path, known });
    });
  }
  const wide = request.form === "wide" || request.form === "csv";
  return [
    ...(wide || request.severalAccounts ? [{ title: "ACCOUNT", path: "ref.account" }] : []),
    ...(wide ? [{ title: "REGION", path: "ref.region" }] : []),
    { title: "ID", path: "ref.id", whole: true },
    ...kind.columns.table,
    ...(wide ? kind.columns.wide : []),
    ...(request.form === "csv" ? [{ title: "REF", path: "ref" }] : []),
    ...freshnessColumns(request.form),
  ];
}

/** How fresh a row is: an age in words for people, and in numbers for a spreadsheet. */
function freshnessColumns(form: OutputForm): readonly Column[] {
  const source = { title: "SOURCE", path: "freshness.source" };
  if (form !== "csv") return [{ title: "AGE", path: "freshness.age" }, ...(form === "wide" ? [source] : [])];
  return [source, ...["observedAt", "ageMs"].map((part) => ({ title: part, path: `freshness.${part}` }))];
}

const partsOfRowFields: readonly string[] = [
  ...["provider", "partition", "account", "region", "kind", "id"].map((part) => `ref.${part}`),
  ...["source", "observedAt", "ageMs", "age", "refreshing", "sourceLagMs"].map((part) => `freshness.${part}`),
];

function namedColumn(kind: Kind, { path, known }: { path: string; known: readonly KindField[] }): Column {
  const inValue = path.startsWith("value.") ? path.slice("value.".length) : path;
  const isKnown =
    (rowFields as readonly string[]).includes(path) ||
    partsOfRowFields.includes(path) ||
    path.startsWith("native.") ||
    fieldOfPath(known, inValue) !== undefined;
  if (isKnown) return { title: path.toUpperCase(), path };
  const top = known.filter((field) => !field.path.includes(".")).map((field) => field.path);
  throw usageError(
    `${kind.name} has no field ${quote(path)}. It has: ${top.join(", ")}; and ref, kind, view, freshness, nativeId. See \`cloudlink describe ${kind.name}\`.`,
  );
}
