import type { DryRun, OperationRecord, OperationStatus } from "@cloudlink/core";
import { amount, anyText, boolean, FormError, fieldsOf, listOf, object, type Reader, text } from "./form.ts";
import { readError, readRef, readStats, readTraceId } from "./resource-state.ts";

const share: Reader<number> = (form) => {
  const number = amount(form);
  if (number > 1) throw new FormError("a number from 0 to 1");
  return number;
};

const running = object({ pollAfterMs: amount }, { progress: share });

const readStatus: Reader<OperationStatus> = (form) => {
  const { state } = fieldsOf(form);
  if (state === "done") return Object.freeze({ state });
  if (state === "running") return Object.freeze({ state, ...running(form) });
  throw new FormError("a status");
};

export const readOperation: Reader<OperationRecord> = object({
  ref: readRef,
  action: text,
  idempotencyKey: text,
  token: text,
  status: readStatus,
  replayed: boolean,
  traceId: readTraceId,
  stats: readStats,
});

export const readDryRun: Reader<DryRun> = object(
  { ref: readRef, action: text, allowed: boolean, operations: listOf(anyText), traceId: readTraceId, stats: readStats },
  { denial: readError, principal: anyText },
);
