import { z } from "zod";

const age = z.number().min(0);

const boundsFields = {
  maxAgeMs: age.describe("The oldest observation that will do, in milliseconds; 0 is live."),
  staleWhileRevalidateMs: age
    .exactOptional()
    .describe("By how much older it may be while a newer one is fetched; 0 if left out."),
  staleIfErrorMs: age.exactOptional().describe("By how much older it may be if the vendor cannot say; 0 if left out."),
};

/** What is good enough for a caller who does not say: advertised by a kind, or by a provider for its own resources. */
export const freshnessAdviceForm = z
  .object({
    ...boundsFields,
    rules: z
      .array(z.object({ path: z.string().min(1), words: z.array(z.string()).min(1), ...boundsFields }))
      .exactOptional()
      .describe("The first whose field, a path joined by dots, has one of its words counts in place of the rest."),
    listMaxAgeMs: age.exactOptional().describe("Of a list; live if left out."),
  })
  .meta({ id: "FreshnessAdvice", description: "How old an answer may be for a caller who does not say." });

/** See {@link freshnessAdviceForm}. */
export type FreshnessAdviceForm = z.infer<typeof freshnessAdviceForm>;
