import { errorCodes } from "@cloudlink/core";
import { z } from "zod";

/** One of the sixteen codes. */
export const errorCodeForm = z
  .enum(errorCodes as readonly [(typeof errorCodes)[number], ...(typeof errorCodes)[number][]])
  .meta({ id: "ErrorCode", description: "What kind of failure it is: gRPC's sixteen codes. Closed." });

/** Whether, and when, it makes sense to try again. */
export const retryAdviceForm = z
  .object({
    retryable: z.boolean().describe("Whether the same call may succeed later."),
    afterMs: z.number().min(0).exactOptional().describe("The shortest wait, in milliseconds."),
  })
  .meta({ id: "RetryAdvice", description: "Whether, and when, it makes sense to try again." });

/** What an error and a problem document have in common. */
export const errorFields = {
  code: errorCodeForm,
  reason: z
    .string()
    .min(1)
    .describe("Which case of the code it is: a documented reason (Err…), or a provider's own. Open: more may come."),
  origin: z
    .enum(["caller", "kernel", "cache", "credentials", "plugin", "vendor"])
    .describe("Which part of the way from caller to vendor it came from."),
  retry: retryAdviceForm,
  effect: z
    .enum(["none", "unknown", "done"])
    .exactOptional()
    .describe("Of an action: whether it was carried out all the same."),
  provider: z.string().exactOptional(),
  operation: z.string().exactOptional().describe("What was being done, such as get or ec2:DescribeInstances."),
  ref: z.string().exactOptional().describe("Canonical ref of the resource concerned."),
  traceId: z.string().exactOptional().describe("W3C trace id of the call."),
  details: z.record(z.string(), z.string()).exactOptional().describe("Further facts. Never a secret."),
};

/** An error inside of an answer: that of one ref of many, or of one part of a list. */
export const errorForm = z
  .object({ ...errorFields, message: z.string().describe("For people: it says what to do.") })
  .meta({ id: "Error", description: "A failure inside of an answer." });

/** See {@link errorForm}. */
export type ErrorForm = z.infer<typeof errorForm>;
