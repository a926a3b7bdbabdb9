import { invalid } from "../error/invalid.ts";
import { quote } from "../error/quote.ts";
import type { Kind } from "./kind.ts";

/** What a list is narrowed by, in the form that travels: every field of `where` and every tag must match one of its values. */
export interface Filter {
  readonly where: Readonly<Record<string, readonly unknown[]>>;
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** What a caller writes: one value or several. */
export interface FilterRequest {
  readonly where?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/**
 * Brings a caller's filter into its one form, frozen, with copies of the caller's lists. A name whose value is `undefined` is left out.
 *
 * @throws `invalid_argument` (`ErrInvalidRequest`) for a field that the kind cannot be filtered by (the message lists those it can), for a
 *   word that a field is never (likewise), for a value that is no string, finite number or boolean, and for an empty list, which vendors are not of one mind on.
 */
export function createFilter(kind: Kind, request: FilterRequest): Filter {
  const where = Object.entries(request.where ?? {}).flatMap(([path, wanted]) => {
    if (wanted === undefined) return [];
    if (!kind.filters.includes(path)) {
      const known = kind.filters.join(", ");
      throw invalid(
        "ErrInvalidRequest",
        `${kind.name} has no filter ${quote(path)}. It has: ${known}; tags are matched by \`tags\`.`,
      );
    }
    const values = valuesOf(path, wanted, isScalar);
    const words = kind.filterRules?.[path]?.words;
    const unknown = words === undefined ? undefined : values.find((value) => !words.includes(String(value)));
    if (unknown !== undefined) {
      throw invalid(
        "ErrInvalidRequest",
        `${path} is never ${quote(String(unknown))}. It is one of: ${words?.join(", ")}.`,
      );
    }
    return [[path, values] as const];
  });
  const tags = Object.entries(request.tags ?? {}).flatMap(([name, wanted]) =>
    wanted === undefined ? [] : [[name, valuesOf(name, wanted, isString)] as const],
  );
  // fromEntries defines own properties, whatever a tag is called; an assignment to "__proto__" would not.
  return Object.freeze({
    where: Object.freeze(Object.fromEntries(where)),
    tags: Object.freeze(Object.fromEntries(tags)),
  });
}

function valuesOf<Value>(name: string, wanted: unknown, isValue: (value: unknown) => value is Value): readonly Value[] {
  const values: unknown[] = Array.isArray(wanted) ? [...wanted] : [wanted];
  if (values.length === 0 || !values.every(isValue)) {
    throw invalid(
      "ErrInvalidRequest",
      `The filter ${quote(name)} needs a text, number or boolean, or a list of them. Leave it out to match everything.`,
    );
  }
  return Object.freeze(values);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isScalar(value: unknown): value is string | number | boolean {
  return isString(value) || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}

/** Whether `value` is what the filter asks for. Tags are looked for in the value's `tags`. */
export function matchesFilter(filter: Filter, value: unknown): boolean {
  for (const path of Object.keys(filter.where)) {
    if (!filter.where[path]?.includes(valueAt(value, path))) return false;
  }
  for (const name of Object.keys(filter.tags)) {
    const tags = valueAt(value, "tags");
    if (typeof tags !== "object" || tags === null || !Object.hasOwn(tags, name)) return false;
    if (!filter.tags[name]?.includes((tags as Readonly<Record<string, string>>)[name] as string)) return false;
  }
  return true;
}

/** The value at a path of property names joined by dots, or `undefined` where the path ends early. Own properties only. */
export function valueAt(value: unknown, path: string): unknown {
  let current = value;
  for (const name of path.split(".")) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, name)) return undefined;
    current = (current as Record<string, unknown>)[name];
  }
  return current;
}
