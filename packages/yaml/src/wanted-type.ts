import type { SchemaIssue } from "@cloudlink/core";

/** A type of scalar, other than text, that a schema may want. */
export type WantedType = "number" | "boolean";

/**
 * The type that an issue says was expected, by what is common to schema libraries: zod and valibot name it in `expected`, and zod the values that
 * will do in `values`. `undefined` if it says something else, or nothing.
 */
export function wantedType(issue: SchemaIssue): WantedType | undefined {
  const { expected, values } = issue as SchemaIssue & { readonly expected?: unknown; readonly values?: unknown };
  const types = new Set(Array.isArray(values) ? values.map((value) => typeof value) : [expected]);
  if (types.size !== 1) return undefined;
  const [type] = types;
  if (type === "number" || type === "int") return "number";
  return type === "boolean" ? "boolean" : undefined;
}
