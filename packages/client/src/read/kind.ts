import { defineKind, type Kind, type KindSchema } from "@cloudlink/core";
import { amount, anyText, boolean, FormError, fieldsOf, listOf, object, type Reader, recordOf, tree } from "./form.ts";
import { readAdvice } from "./freshness-advice.ts";

const column = object({ title: anyText, path: anyText });

const readKindForm = object(
  {
    name: anyText,
    major: amount,
    minor: amount,
    description: anyText,
    views: listOf(anyText),
    defaultView: anyText,
    filters: listOf(anyText),
    actions: recordOf(object({ name: anyText, description: anyText, idempotent: boolean })),
    columns: object({ table: listOf(column), wide: listOf(column) }),
  },
  { filterRules: recordOf(object({}, { words: listOf(anyText), fromView: anyText })), freshness: readAdvice },
);

/** A kind as data, with where its schema comes from. */
export function readKind(form: unknown, loadSchema: () => Promise<KindSchema>): Kind {
  const settings = readKindForm(form);
  try {
    return defineKind<unknown>()({ ...settings, loadSchema });
  } catch {
    throw new FormError("a kind");
  }
}

/** The schema of a kind's values. The server has held every value against it before, so that `validate` takes any object. */
export const readKindSchema: Reader<KindSchema> = (form) => {
  const schema = tree(fieldsOf(form)) as Readonly<Record<string, unknown>>;
  return Object.freeze({
    "~standard": Object.freeze({
      version: 1,
      vendor: "cloudlink",
      validate: (value: unknown) =>
        typeof value === "object" && value !== null ? { value } : { issues: [{ message: "It is no object." }] },
    }),
    toJsonSchema: () => schema,
  });
};

export const readKinds: Reader<readonly unknown[]> = (form) => object({ kinds: listOf((kind) => kind) })(form).kinds;
