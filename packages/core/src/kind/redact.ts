/** What stands in a native body in place of a sensitive value. */
export const REDACTED = "[redacted]";

/**
 * A copy of a vendor's native body without the fields that its provider declares as sensitive.
 *
 * @param sensitive - paths of property names joined by dots; `*` stands for every property or element at that place.
 *   Names are compared without case, because vendors are not of one mind on it.
 */
export function redactNative(native: unknown, sensitive: readonly string[]): unknown {
  return redact(
    native,
    sensitive.map((path) => path.toLowerCase().split(".")),
  );
}

function redact(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (paths.length === 0 || typeof value !== "object" || value === null || value instanceof Date) return value;
  const inside = (name: string, child: unknown): unknown => {
    const rest = paths.flatMap(([head, ...tail]) => (head === "*" || head === name.toLowerCase() ? [tail] : []));
    return rest.some((path) => path.length === 0) ? REDACTED : redact(child, rest);
  };
  return Array.isArray(value)
    ? value.map((child, index) => inside(String(index), child))
    : Object.fromEntries(Object.entries(value).map(([name, child]) => [name, inside(name, child)]));
}
