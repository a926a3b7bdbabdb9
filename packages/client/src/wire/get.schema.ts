import { z } from "zod";
import { errorForm } from "./error.schema.ts";
import { callStatsForm, canonicalRef, resourceStateForm, traceIdField } from "./resource-state.schema.ts";
import { booleanText, kindName, refText, viewName, wholeNumberText } from "./text.schema.ts";

const MAX_AGE = "The oldest observation that will do, in milliseconds; 0, the default, asks the vendor now.";

/** Query of `GET /v1/resource`. */
export const getQueryForm = z
  .strictObject({
    ref: refText,
    kind: kindName.exactOptional(),
    view: viewName.exactOptional(),
    maxAgeMs: wholeNumberText(0).exactOptional().describe(MAX_AGE),
    native: booleanText.exactOptional().describe("Also give the vendor's own body, redacted. It is always read live."),
  })
  .meta({ id: "GetQuery", description: "Which resource, and how." });

/** See {@link getQueryForm}: what it gives. */
export type GetQuery = z.infer<typeof getQueryForm>;

/** The most refs of one getMany over HTTP. */
export const MOST_REFS = 10_000;

/** Body of `POST /v1/resources/get-many`. */
export const getManyRequestForm = z
  .strictObject({
    kind: kindName,
    refs: z.array(refText).max(MOST_REFS).describe("Of any accounts and regions; the same one may occur twice."),
    view: viewName.exactOptional(),
    maxAgeMs: z.number().min(0).exactOptional().describe(MAX_AGE),
  })
  .meta({ id: "GetManyRequest", description: "Which resources, and how." });

/** See {@link getManyRequestForm}. */
export type GetManyRequestForm = z.infer<typeof getManyRequestForm>;

/** What became of one ref of many. */
export const outcomeForm = z
  .discriminatedUnion("ok", [
    z.object({ ok: z.literal(true), ref: canonicalRef, state: resourceStateForm }),
    z.object({ ok: z.literal(false), ref: canonicalRef, error: errorForm }),
  ])
  .meta({ id: "Outcome", description: "What became of one ref: its state, or its own error." });

/** See {@link outcomeForm}. */
export type OutcomeForm = z.infer<typeof outcomeForm>;

/** 200 of `POST /v1/resources/get-many`. */
export const manyAnswerForm = z
  .object({
    outcomes: z.array(outcomeForm).describe("One per ref, in the order of the request."),
    traceId: traceIdField,
    stats: callStatsForm,
  })
  .meta({ id: "ManyAnswer", description: "What became of each ref." });

/** See {@link manyAnswerForm}. */
export type ManyAnswerForm = z.infer<typeof manyAnswerForm>;
