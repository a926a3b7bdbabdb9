import { invalid } from "../error/invalid.ts";
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
 * Brings a caller's filter into its one form.
 *
 * @throws `invalid_argument` for a field that the kind cannot be filtered by; the message lists those it can.
 */
export function createFilter(kind: Kind, request: FilterRequest): Filter {
  const where: Record<string, readonly unknown[]> = {};
  for (const [path, wanted] of Object.entries(request.where ?? {})) {
    if (wanted === undefined) continue;
    if (!kind.filters.includes(path)) {
      const known = kind.filters.join(", ");
      throw invalid(
        "ErrInvalidRequest",
        `${kind.name} has no filter "${path}". It has: ${known}; tags are matched by \`tags\`.`,
      );
    }
    where[path] = Array.isArray(wanted) ? wanted : [wanted];
  }
  const tags = Object.entries(request.tags ?? {}).map(
    ([key, wanted]) => [key, typeof wanted === "string" ? [wanted] : wanted] as const,
  );
  // fromEntries defines own properties, whatever a key is called; an assignment to "__proto__" would not.
  return { where, tags: Object.fromEntries(tags) };
}

/** Whether `value` is what the filter asks for. Tags are looked for in the value's `tags`. */
export function matchesFilter(filter: Filter, value: unknown): boolean {
  for (const path in filter.where) {
    if (!filter.where[path]?.includes(valueAt(value, path))) return false;
  }
  const tags = valueAt(value, "tags") as Readonly<Record<string, string>> | undefined;
  for (const key of Object.keys(filter.tags)) {
    if (tags === undefined || !Object.hasOwn(tags, key)) return false;
    if (!filter.tags[key]?.includes(tags[key] as string)) return false;
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
