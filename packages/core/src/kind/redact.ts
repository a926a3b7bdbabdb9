/** What stands in a native body in place of a sensitive value. */
export const REDACTED = "[redacted]";

/** Deeper than any vendor's body; what lies below a sensitive path at that depth is redacted unread. */
const DEEPEST = 200;

/**
 * A vendor's native body without the fields that its provider declares as sensitive: a copy along those paths, sharing the rest.
 *
 * @param sensitive - paths of property names joined by dots; `*` stands for every property or element at that place. A name may itself
 *   have dots. Arrays are looked through: a path need not name their elements, because decoders make one element an object and
 *   several an array. Names are compared without case, because vendors are not of one mind on it.
 */
export function redactNative(native: unknown, sensitive: readonly string[]): unknown {
  return redact(
    native,
    sensitive.map((path) => path.toLowerCase()),
    0,
  );
}

function redact(value: unknown, paths: readonly string[], depth: number): unknown {
  if (paths.length === 0 || typeof value !== "object" || value === null) return value;
  if (value instanceof Date || ArrayBuffer.isView(value)) return value;
  if (depth === DEEPEST) return REDACTED;
  if (Array.isArray(value)) {
    // A set, or stars in nested arrays would multiply.
    return value.map((element, index) => {
      const below = new Set([...pathsBelow(paths, String(index)), ...paths]);
      return inside(element, [...below], depth);
    });
  }
  const entries = Object.entries(value).map(
    ([name, child]) => [name, inside(child, pathsBelow(paths, name.toLowerCase()), depth)] as const,
  );
  // fromEntries defines own properties, "__proto__" too.
  return Object.fromEntries(entries);
}

/** What is left of `paths` below the property `name`: an empty path is the property itself. */
function pathsBelow(paths: readonly string[], name: string): readonly string[] {
  return paths.flatMap((path) =>
    [name, "*"].flatMap((head) => {
      if (path === head) return [""];
      return path.startsWith(`${head}.`) ? [path.slice(head.length + 1)] : [];
    }),
  );
}

function inside(child: unknown, paths: readonly string[], depth: number): unknown {
  return paths.includes("") ? REDACTED : redact(child, paths, depth + 1);
}
