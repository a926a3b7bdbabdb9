import { z } from "zod";
import { errorForm } from "./error.schema.ts";
import { callStatsForm, canonicalRef, nativeIdField, traceIdField } from "./resource-state.schema.ts";
import { actionName, kindName, refText } from "./text.schema.ts";

/** Body of `POST /v1/actions`. */
export const actionRequestForm = z
  .strictObject({
    ref: refText,
    action: actionName,
    kind: kindName.exactOptional(),
    dryRun: z.boolean().exactOptional().describe("Only say what would be called, as whom, and whether it is allowed."),
  })
  .meta({ id: "ActionRequest", description: "What to do with which resource." });

/** See {@link actionRequestForm}. */
export type ActionRequestForm = z.infer<typeof actionRequestForm>;

/** How an action that was accepted stands. */
export const operationStatusForm = z
  .discriminatedUnion("state", [
    z.object({ state: z.literal("done") }),
    z.object({
      state: z.literal("running"),
      pollAfterMs: z.number().min(0).describe("The shortest wait before it makes sense to ask again."),
      progress: z.number().min(0).max(1).exactOptional(),
    }),
  ])
  .meta({ id: "OperationStatus", description: "How an action that was accepted stands." });

/** See {@link operationStatusForm}. */
export type OperationStatusForm = z.infer<typeof operationStatusForm>;

/** Path parameter of `GET /v1/operations/{token}`: the kernel reads tokens of up to 24 KB. */
export const operationTokenForm = z
  .string()
  .min(1)
  .max(24 * 1024)
  .meta({
    id: "OperationToken",
    description: "Names the operation for a day. It is authenticated and holds no secret.",
  });

/** 200 (done) and 202 (running) of `POST /v1/actions` without `dryRun`, and 200 of `GET /v1/operations/{token}`. */
export const operationForm = z
  .object({
    ref: canonicalRef,
    nativeId: nativeIdField,
    action: z.string().min(1),
    idempotencyKey: z.string().min(1),
    token: operationTokenForm,
    status: operationStatusForm,
    replayed: z
      .boolean()
      .describe("Whether nothing was sent, because the same key with the same request had been carried out before."),
    traceId: traceIdField,
    stats: callStatsForm,
  })
  .meta({ id: "Operation", description: "An action that a vendor has accepted." });

/** See {@link operationForm}. */
export type OperationForm = z.infer<typeof operationForm>;

/** 200 of `POST /v1/actions` with `dryRun`. */
export const dryRunForm = z
  .object({
    ref: canonicalRef,
    nativeId: nativeIdField,
    action: z.string().min(1),
    allowed: z.boolean().describe("Whether it would be allowed. It says nothing of the resource's state."),
    denial: errorForm.exactOptional().describe("Why not, where it is not."),
    operations: z.array(z.string()).describe("The vendor operations that would be called."),
    principal: z.string().exactOptional().describe("The vendor's name for who would call."),
    traceId: traceIdField,
    stats: callStatsForm,
  })
  .meta({ id: "DryRun", description: "What an action would do, without doing it." });

/** See {@link dryRunForm}. */
export type DryRunForm = z.infer<typeof dryRunForm>;
