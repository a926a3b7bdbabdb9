import type { Kind, KindColumn } from "@cloudlink/core";
import { encodeAdvice } from "./freshness-advice.ts";
import type { KindForm, KindWithSchemaForm } from "./kind.schema.ts";

/** The form of a kind, without its schema. */
export function encodeKind(kind: Kind): KindForm {
  const { name, major, minor, description, views, defaultView, filters, filterRules, actions, columns } = kind;
  const { freshness } = kind;
  return {
    ...{ name, major, minor, description, defaultView },
    views: [...views],
    filters: [...filters],
    ...(filterRules !== undefined && { filterRules: encodeRules(filterRules) }),
    actions: Object.fromEntries(
      Object.entries(actions).map(([listed, { name, description, idempotent }]) => [
        listed,
        { name, description, idempotent },
      ]),
    ),
    ...(freshness !== undefined && { freshness: encodeAdvice(freshness) }),
    columns: { table: columns.table.map(encodeColumn), wide: columns.wide.map(encodeColumn) },
  };
}

/** The form of a kind with its schema, which is loaded for it. */
export async function encodeKindWithSchema(kind: Kind): Promise<KindWithSchemaForm> {
  return { ...encodeKind(kind), schema: { ...(await kind.loadSchema()).toJsonSchema() } };
}

function encodeRules(rules: NonNullable<Kind["filterRules"]>): NonNullable<KindForm["filterRules"]> {
  return Object.fromEntries(
    Object.entries(rules).map(([path, { words, fromView } = {}]) => [
      path,
      { ...(words !== undefined && { words: [...words] }), ...(fromView !== undefined && { fromView }) },
    ]),
  );
}

function encodeColumn({ title, path }: KindColumn): KindColumn {
  return { title, path };
}
