import { z } from "zod";
import { freshnessAdviceForm } from "./freshness-advice.schema.ts";
import { kindName } from "./text.schema.ts";

const column = z.object({ title: z.string(), path: z.string() }).meta({ id: "KindColumn" });

const kindFields = {
  name: kindName,
  major: z.int().min(1),
  minor: z.int().min(0),
  description: z.string(),
  views: z.array(z.string()).min(1).describe("From narrow to wide."),
  defaultView: z.string(),
  filters: z.array(z.string()).describe("The fields that where may name, as paths joined by dots."),
  filterRules: z
    .record(
      z.string(),
      z.object({
        words: z.array(z.string()).exactOptional().describe("The words it may be, where they are closed."),
        fromView: z.string().exactOptional().describe("The narrowest view that holds it."),
      }),
    )
    .exactOptional(),
  actions: z.record(
    z.string(),
    z.object({
      name: z.string(),
      description: z.string(),
      idempotent: z.boolean().describe("Whether doing it twice leaves the resource as doing it once does."),
    }),
  ),
  freshness: freshnessAdviceForm.exactOptional(),
  columns: z.object({ table: z.array(column), wide: z.array(column) }),
};

/** A kind, without its schema. */
export const kindForm = z.object(kindFields).meta({ id: "Kind", description: "A kind of resource, as data." });

/** See {@link kindForm}. */
export type KindForm = z.infer<typeof kindForm>;

/** 200 of `GET /v1/kinds/{name}`. */
export const kindWithSchemaForm = z
  .object({
    ...kindFields,
    schema: z.record(z.string(), z.unknown()).describe("JSON Schema (draft 2020-12) of the kind's values."),
  })
  .meta({ id: "KindWithSchema", description: "A kind of resource, with the schema of its values." });

/** See {@link kindWithSchemaForm}. */
export type KindWithSchemaForm = z.infer<typeof kindWithSchemaForm>;

/** 200 of `GET /v1/kinds`. */
export const kindsForm = z
  .object({ kinds: z.array(kindForm) })
  .meta({ id: "Kinds", description: "Every kind that a provider serves." });

/** See {@link kindsForm}. */
export type KindsForm = z.infer<typeof kindsForm>;
