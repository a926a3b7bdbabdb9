import { z } from "zod";
import { errorForm } from "./error.schema.ts";
import { callStatsForm, canonicalRef, resourceStateForm, traceIdField } from "./resource-state.schema.ts";
import { booleanText, kindName, refText, viewName, wholeNumberText } from "./text.schema.ts";

const MAX_AGE =
  "The oldest observation that will do, in milliseconds; 0 asks the vendor now. Left out, it is what the provider or the kind advertises for a resource in that state (`freshness` of both): live, where neither does or nothing is kept.";
const STALE_WHILE_REVALIDATE =
  "By how much older the answer may be, in milliseconds, while a newer one is fetched: it comes at once then.";
const STALE_IF_ERROR =
  "By how much older the answer may be, in milliseconds, if the vendor cannot be reached, throttles or has a fault, or time runs out.";

/** Query of `GET /v1/resource`. */
export const getQueryForm = z
  .strictObject({
    ref: refText,
    kind: kindName.exactOptional(),
    view: viewName.exactOptional(),
    maxAgeMs: wholeNumberText(0).exactOptional().describe(MAX_AGE),
    staleWhileRevalidateMs: wholeNumberText(0).exactOptional().describe(STALE_WHILE_REVALIDATE),
    staleIfErrorMs: wholeNumberText(0).exactOptional().describe(STALE_IF_ERROR),
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
    staleWhileRevalidateMs: z.number().min(0).exactOptional().describe(STALE_WHILE_REVALIDATE),
    staleIfErrorMs: z.number().min(0).exactOptional().describe(STALE_IF_ERROR),
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
