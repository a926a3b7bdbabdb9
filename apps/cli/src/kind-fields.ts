import type { Kind } from "@cloudlink/core";

/** A field of a kind's values. */
export interface KindField {
  /** As `--fields` takes it; `*` stands for an index or a name of the resource's own: `addresses.*.address`, `tags.*`. */
  readonly path: string;
  readonly type: string;
  /** The values it may have, where they are a closed list. */
  readonly values?: readonly unknown[];
  readonly required: boolean;
  readonly description?: string;
}

interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly description?: string;
}

/** The fields of a kind, from its JSON schema, in the schema's order. Loads the kind's schema. */
export async function fieldsOf(kind: Kind): Promise<readonly KindField[]> {
  const schema = (await kind.loadSchema()).toJsonSchema() as JsonSchema;
  return fields(schema, { path: "", required: true });
}

function fields(schema: JsonSchema, at: { path: string; required: boolean }): readonly KindField[] {
  const inside = (name: string) => (at.path === "" ? name : `${at.path}.${name}`);
  const below: KindField[] = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
    ...fields(property, { path: inside(name), required: schema.required?.includes(name) ?? false }),
  ]);
  const each = typeof schema.additionalProperties === "object" ? schema.additionalProperties : schema.items;
  if (each !== undefined) below.push(...fields(each, { path: inside("*"), required: false }));
  if (at.path === "") return below;
  const own: KindField = {
    path: at.path,
    type: typeName(schema),
    required: at.required,
    ...(schema.enum !== undefined && { values: schema.enum }),
    ...(schema.description !== undefined && { description: schema.description }),
  };
  return [own, ...below];
}

function typeName(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeName))].join(" | ");
  if (schema.enum !== undefined) return "enum";
  if (schema.type === "array") return `${schema.items === undefined ? "any" : typeName(schema.items)}[]`;
  return schema.format ?? schema.type ?? "any";
}

/** The field that a path names, `*` in the field's path standing for anything: what is left of the path, where it is a name with dots. */
export function fieldOfPath(known: readonly KindField[], path: string): KindField | undefined {
  const asked = path.split(".");
  return known.find((field) => {
    const names = field.path.split(".");
    const open = names.at(-1) === "*" && field.type === "string" && asked.length > names.length;
    if (!open && names.length !== asked.length) return false;
    return names.every((name, index) => name === "*" || name === asked[index]);
  });
}
