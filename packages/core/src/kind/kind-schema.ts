import { z } from "zod";
import type { KindSchema } from "./kind.ts";

/** A kind's schema from a zod schema of its value. */
export function createKindSchema<Value>(schema: z.ZodType<Value>): KindSchema<Value> {
  return {
    "~standard": schema["~standard"] as KindSchema<Value>["~standard"],
    toJsonSchema: () => z.toJSONSchema(schema, { target: "draft-2020-12" }),
  };
}
