/** What a text of a query may stand for. */
export type ScalarType = "string" | "number" | "boolean";

/** The scalar type of the field at a path, by a JSON schema; `undefined` where the schema does not say or text is one of several that it may be. */
export function typeAt(schema: unknown, path: string): ScalarType | undefined {
  let current: unknown = schema;
  for (const name of path.split(".")) {
    const { properties, items, additionalProperties } = recordOf(current);
    const own = recordOf(properties);
    current = Object.hasOwn(own, name) ? own[name] : (items ?? additionalProperties);
  }
  const types = new Set(typesOf(current));
  return types.has("string") || types.size !== 1 ? undefined : [...types][0];
}

/** How deep alternatives may be nested: schemas come from plugins. */
const DEEPEST = 8;

function typesOf(schema: unknown, depth = 0): readonly ScalarType[] {
  const { type, anyOf, oneOf, enum: words } = recordOf(schema);
  if (depth > DEEPEST) return [];
  const alternatives = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const names = [type].flat().map((name) => (name === "integer" ? "number" : name));
  const ofWords = (Array.isArray(words) ? words : []).map((word) => typeof word);
  return [...[...names, ...ofWords].filter(isScalarType), ...alternatives.flatMap((each) => typesOf(each, depth + 1))];
}

function isScalarType(name: unknown): name is ScalarType {
  return name === "string" || name === "number" || name === "boolean";
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
