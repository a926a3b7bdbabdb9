import fc from "fast-check";

/** A JSON value with one of its parts left out, or another in its place. */
export function mutated(form: unknown): fc.Arbitrary<unknown> {
  const places = placesIn(form);
  const other = fc.oneof(
    fc.constantFrom(null, true, false, -1, 0.5, 2, "", "text", [], {}, "2020-01-01T00:00:00Z", ["x"]),
    fc.jsonValue({ maxDepth: 1 }),
  );
  return fc.tuple(fc.constantFrom(...places), fc.option(other, { nil: undefined })).map(([place, instead]) => {
    return replaced(form, { place, instead });
  });
}

type Place = readonly (string | number)[];

function placesIn(form: unknown, at: Place = []): readonly Place[] {
  if (typeof form !== "object" || form === null) return [at];
  return [at, ...Object.entries(form).flatMap(([name, field]) => placesIn(field, [...at, name]))];
}

function replaced(form: unknown, { place, instead }: { place: Place; instead: unknown }): unknown {
  const [first, ...rest] = place;
  if (first === undefined) return instead;
  const entries = Object.entries(form as object).flatMap(([name, field]) => {
    if (name !== String(first)) return [[name, field] as const];
    const changed = replaced(field, { place: rest, instead });
    return changed === undefined ? [] : [[name, changed] as const];
  });
  return Array.isArray(form) ? entries.map(([, field]) => field) : Object.fromEntries(entries);
}
