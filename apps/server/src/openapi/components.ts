import { z } from "zod";

/** A JSON Schema, as data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Where what has a name of its own stands in the document. */
const PLACE = "#/components/schemas/";

/** Turns zod schemas into JSON Schema, draft 2020-12, as OpenAPI 3.1 takes it, and gathers those that have an id. */
export class Components {
  readonly #schemas = new Map<string, JsonSchema>();

  /** What a response has. A reader leaves fields aside that it does not know, so more of them are allowed. */
  response(schema: z.ZodType): JsonSchema {
    return this.#convert(schema, "input");
  }

  /** What a request has. Its texts are documented as what they stand for, and what is not known is refused. */
  request(schema: z.ZodType): JsonSchema {
    return this.#convert(schema, "output");
  }

  /** The fields of a request's query or path, each with its own schema. */
  fields(
    schema: z.ZodType,
  ): readonly { readonly name: string; readonly required: boolean; readonly schema: JsonSchema }[] {
    const { $ref } = this.#convert(schema, "output");
    const name = String($ref).replace(PLACE, "");
    const { properties = {}, required = [] } = (this.#schemas.get(name) ?? this.#convert(schema, "output")) as {
      readonly properties?: Readonly<Record<string, JsonSchema>>;
      readonly required?: readonly string[];
    };
    // As a whole it is no schema of the document's: a query is documented by its parameters.
    this.#schemas.delete(name);
    return Object.entries(properties).map(([field, each]) => ({
      name: field,
      required: required.includes(field),
      schema: each,
    }));
  }

  /** Gives a name its schema, in place of what it had. */
  define(id: string, schema: JsonSchema): JsonSchema {
    this.#schemas.set(id, schema);
    return { $ref: `${PLACE}${id}` };
  }

  /** Says more of what has a name. */
  refine(id: string, more: JsonSchema): void {
    const known = this.#schemas.get(id);
    if (known !== undefined) this.#schemas.set(id, { ...known, ...more });
  }

  /** All that have a name, in its order. */
  all(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#schemas].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  #convert(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    const { $schema: _draft, $defs = {}, ...own } = z.toJSONSchema(schema, { io, target: "draft-2020-12" });
    for (const [id, each] of Object.entries($defs)) this.define(id, placed(each) as JsonSchema);
    return placed(own) as JsonSchema;
  }
}

/** A part of a schema with references to where things stand in the document. What zod calls `id` is no keyword. */
function placed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(placed);
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part).flatMap(([key, value]) => {
    if (key === "id" && typeof value === "string") return [];
    if (key === "$ref") return [[key, String(value).replace("#/$defs/", PLACE)] as const];
    return [[key, placed(value)] as const];
  });
  return Object.fromEntries(entries);
}
