import { z } from "zod";
import { configurationSchema } from "./configuration.schema.ts";
import { secretText } from "./scalars.schema.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** What may stand in place of any scalar, and has to stand for a secret. */
const reference = {
  description: "A variable of the environment, or a file whose path starts at the folder of this one.",
  anyOf: [
    { type: "object", properties: { env: { type: "string" } }, required: ["env"], additionalProperties: false },
    { type: "object", properties: { file: { type: "string" } }, required: ["file"], additionalProperties: false },
  ],
} satisfies JsonSchema;

const toReference = "#/$defs/reference";

/** The JSON Schema (draft 2020-12) that is published as `cloudlink.schema.json`. It cannot say all that the reader checks. */
export function configurationJsonSchema(): JsonSchema {
  const schema: JsonSchema = z.toJSONSchema(configurationSchema, {
    target: "draft-2020-12",
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def === secretText._zod.def) Object.assign(jsonSchema, { $ref: toReference });
    },
  });
  const withReferences = allowReferences(schema);
  return { ...withReferences, $defs: { ...withReferences.$defs, reference } };
}

const scalars: ReadonlySet<unknown> = new Set(["string", "number", "integer", "boolean"]);

/** The schema with a reference allowed wherever it has a scalar, but for names of properties and what is any JSON already. */
function allowReferences(schema: JsonSchema): JsonSchema {
  if (scalars.has(schema.type)) {
    const { $schema, description, default: preset, ...scalar } = schema;
    return {
      ...($schema !== undefined && { $schema }),
      ...(description !== undefined && { description }),
      ...(preset !== undefined && { default: preset }),
      anyOf: [scalar, { $ref: toReference }],
    };
  }
  const { properties, items, additionalProperties, anyOf } = schema;
  return {
    ...schema,
    ...(properties !== undefined && { properties: mapValues(properties) }),
    ...(isSchema(items) && { items: allowReferences(items) }),
    ...(isSchema(additionalProperties) && { additionalProperties: allowReferences(additionalProperties) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map((each) => (isSchema(each) ? allowReferences(each) : each)) }),
  };
}

function mapValues(properties: NonNullable<JsonSchema["properties"]>): NonNullable<JsonSchema["properties"]> {
  const entries = Object.entries(properties).map(([name, each]) => [
    name,
    isSchema(each) ? allowReferences(each) : each,
  ]);
  return Object.fromEntries(entries);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
