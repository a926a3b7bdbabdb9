import type { Kind } from "@cloudlink/core";
import { fieldOfPath, fieldsOf, type KindField } from "./kind-fields.ts";
import { rowFields } from "./output/row.ts";
import type { Column, OutputForm } from "./output/row-writer.ts";
import { usageError } from "./usage-error.ts";

/** `field=value` as it was written on the command line. */
export type Assignment = readonly [name: string, value: string];

/**
 * What `--where` asks for: `powerState=running,stopped` is either. Values are checked and converted by the kind's schema,
 * because a misspelt state would otherwise just match nothing.
 *
 * @throws `invalid_argument` that lists the filters, or the values, there are.
 */
export async function readWhere(
  kind: Kind,
  written: readonly Assignment[],
): Promise<Record<string, readonly unknown[]>> {
  if (written.length === 0) return {};
  const known = await fieldsOf(kind);
  const where = new Map<string, unknown[]>();
  for (const [path, text] of written) {
    if (!kind.filters.includes(path)) {
      throw usageError(
        `${kind.name} has no filter "${path}". It has: ${kind.filters.join(", ")}; tags are matched by --tag name=value.`,
      );
    }
    const values = text.split(",").map((value) => convert(value, { path, field: fieldOfPath(known, path) }));
    where.set(path, [...(where.get(path) ?? []), ...values]);
  }
  return Object.fromEntries(where);
}

function convert(text: string, { path, field }: { path: string; field: KindField | undefined }): unknown {
  if (field?.values !== undefined && !field.values.includes(text)) {
    throw usageError(`${path} is never "${text}". It is one of: ${field.values.join(", ")}.`);
  }
  if (field?.type === "boolean") {
    if (text !== "true" && text !== "false") throw usageError(`${path} is true or false, not "${text}".`);
    return text === "true";
  }
  if (field?.type === "integer" || field?.type === "number") {
    const number = Number(text);
    if (text === "" || Number.isNaN(number)) throw usageError(`${path} is a number, not "${text}".`);
    return number;
  }
  return text;
}

/** What `--tag` asks for: a tag that is named twice may have either value. Commas are part of a value: tags have them. */
export function readTags(written: readonly Assignment[]): Record<string, readonly string[]> {
  const tags = new Map<string, string[]>();
  for (const [name, value] of written) tags.set(name, [...(tags.get(name) ?? []), value]);
  return Object.fromEntries(tags);
}

/** What decides the columns of an answer about a kind. */
export interface ColumnRequest {
  readonly form: OutputForm;
  readonly fields: readonly string[] | undefined;
  /** Whether the rows may be of several accounts. */
  readonly severalAccounts: boolean;
}

/** The columns of an answer: the fields that were named, or the kind's own. @throws `invalid_argument` for a field that there is not. */
export async function columnsOf(kind: Kind, request: ColumnRequest): Promise<readonly Column[]> {
  if (request.fields !== undefined) {
    const known = await fieldsOf(kind);
    return request.fields.map((path) => namedColumn(kind, { path, known }));
  }
  const wide = request.form === "wide" || request.form === "csv";
  return [
    ...(wide || request.severalAccounts ? [{ title: "ACCOUNT", path: "ref.account" }] : []),
    ...(wide ? [{ title: "REGION", path: "ref.region" }] : []),
    { title: "ID", path: "ref.id", whole: true },
    ...kind.columns.table,
    ...(wide ? kind.columns.wide : []),
    ...(request.form === "csv" ? [{ title: "REF", path: "ref" }] : []),
    ...(wide ? [{ title: "SOURCE", path: "freshness.source" }] : []),
    request.form === "csv"
      ? { title: "OBSERVED AT", path: "freshness.observedAt" }
      : { title: "AGE", path: "freshness.age" },
  ];
}

const partsOfRowFields: readonly string[] = [
  ...["provider", "partition", "account", "region", "kind", "id"].map((part) => `ref.${part}`),
  ...["source", "observedAt", "ageMs", "age", "sourceLagMs"].map((part) => `freshness.${part}`),
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
    `${kind.name} has no field "${path}". It has: ${top.join(", ")}; and ref, kind, view, freshness, nativeId. See \`cloudlink describe ${kind.name}\`.`,
  );
}
