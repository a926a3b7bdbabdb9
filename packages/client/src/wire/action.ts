import type { DryRun, OperationRecord } from "@cloudlink/core";
import type { DryRunForm, OperationForm } from "./action.schema.ts";
import { encodeError } from "./problem.ts";
import { encodeRef, encodeStats, type NativeIdOf } from "./resource-state.ts";

const noNativeId: NativeIdOf = () => undefined;

/** The form of an action that was accepted. */
export function encodeOperation(operation: OperationRecord, nativeIdOf: NativeIdOf = noNativeId): OperationForm {
  const { ref, action, idempotencyKey, token, status, replayed, traceId, stats } = operation;
  return {
    ...encodeRef(ref, nativeIdOf),
    ...{ action, idempotencyKey, token, status, replayed, traceId },
    stats: encodeStats(stats),
  };
}

/** The form of what `dryRun` gives. */
export function encodeDryRun(dryRun: DryRun, nativeIdOf: NativeIdOf = noNativeId): DryRunForm {
  const { ref, action, allowed, denial, operations, principal, traceId, stats } = dryRun;
  return {
    ...encodeRef(ref, nativeIdOf),
    action,
    allowed,
    ...(denial !== undefined && { denial: encodeError(denial) }),
    operations: [...operations],
    ...(principal !== undefined && { principal }),
    traceId,
    stats: encodeStats(stats),
  };
}
