import { z } from "zod";
import type { KindSchema } from "./kind.ts";

/**
 * One of `words`, and `unknown` for any other: states are closed within a minor version, and a peer of a later one may have more.
 * `words` has `unknown` among them.
 */
export function openWords<const Words extends readonly ["unknown", ...string[]]>(words: Words) {
  return z
    .string()
    .overwrite((word) => ((words as readonly string[]).includes(word) ? word : "unknown"))
    .pipe(z.enum(words));
}

/** A kind's schema from a zod schema of its value. */
export function createKindSchema<Value>(schema: z.ZodType<Value>): KindSchema<Value> {
  return {
    "~standard": schema["~standard"] as KindSchema<Value>["~standard"],
    toJsonSchema: () =>
      z.toJSONSchema(schema, {
        target: "draft-2020-12",
        override: ({ jsonSchema }) => {
          // zod drops a field it does not know, and says of that result that there is none. A reader elsewhere must not refuse one.
          if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
        },
      }),
  };
}
