import { z } from "zod";

/** The least a ref of an answer is: the canonical text. */
export const canonicalRef = z.string().min(1).max(4096).meta({
  id: "Ref",
  description: "Canonical ref: provider/partition/account/region/kind/id, each part percent-encoded.",
});

export const nativeIdField = z.string().min(1).exactOptional().describe("The vendor's own id of it, such as an ARN.");

export const traceIdField = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .describe("W3C trace id of the call.");

/** The value of a kind. A server says more of it in its OpenAPI document, by the kind's own JSON schema, under the same id. */
export const kindValueForm = z
  .record(z.string(), z.unknown())
  .meta({ id: "KindValue", description: "The value of a resource, as its kind's JSON schema says." });

/** How fresh an answer is. `observedAt` is RFC 3339 here, and milliseconds since the epoch in core. */
export const freshnessForm = z
  .object({
    source: z.enum(["live", "memory", "redis", "event"]).describe("Where the answer came from."),
    observedAt: z.iso
      .datetime()
      .describe(
        "When the vendor request behind the answer was sent: what happened later may be missing. RFC 3339, UTC.",
      ),
    ageMs: z.number().min(0).describe("Milliseconds between observedAt and the answer."),
    refreshing: z
      .boolean()
      .default(false)
      .describe("Whether a newer observation of the resource was on its way when the answer was given."),
    sourceLagMs: z.number().min(0).exactOptional().describe("By how much the vendor's source itself lags."),
  })
  .meta({ id: "Freshness", description: "How fresh an answer is." });

/** See {@link freshnessForm}. */
export type FreshnessForm = z.infer<typeof freshnessForm>;

/** What a call cost. */
export const callStatsForm = z
  .object({
    vendorCalls: z.number().min(0).describe("Requests that were sent to the vendor."),
    savedCalls: z
      .number()
      .min(0)
      .default(0)
      .describe("Requests to the vendor that were not needed, since what was kept of earlier ones answered."),
    retries: z.number().min(0).describe("How often the kernel tried again."),
    durationMs: z.number().min(0),
  })
  .meta({ id: "CallStats", description: "What a call cost." });

/** See {@link callStatsForm}. */
export type CallStatsForm = z.infer<typeof callStatsForm>;

const stateFields = {
  ref: canonicalRef,
  nativeId: nativeIdField,
  view: z.string().min(1).describe("Which of the kind's views the value holds."),
  freshness: freshnessForm,
  value: kindValueForm,
};

/** The state of one resource. */
export const resourceStateForm = z
  .object(stateFields)
  .meta({ id: "ResourceState", description: "The state of one resource." });

/** See {@link resourceStateForm}. */
export type ResourceStateForm = z.infer<typeof resourceStateForm>;

/** 200 of `GET /v1/resource`. */
export const answerForm = z
  .object({
    ...stateFields,
    native: z.unknown().optional().describe("The vendor's own body, decoded and redacted, where it was asked for."),
    traceId: traceIdField,
    stats: callStatsForm,
  })
  .meta({ id: "Answer", description: "The state of one resource, and what it cost to read." });

/** See {@link answerForm}. */
export type AnswerForm = z.infer<typeof answerForm>;
