import { z } from "zod";
import { errorFields } from "./error.schema.ts";

/** The body of every answer that is a failure: RFC 9457, `application/problem+json`. */
export const problemForm = z
  .object({
    type: z.string().describe("urn:cloudlink:error: and the reason."),
    title: z.string().describe("The code in words."),
    status: z.int().min(100).max(599),
    detail: z.string().describe("For people: what went wrong and what to do."),
    ...errorFields,
  })
  .meta({ id: "Problem", description: "Why a request failed (RFC 9457)." });

/** See {@link problemForm}. */
export type ProblemForm = z.infer<typeof problemForm>;
