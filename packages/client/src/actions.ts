import type { Context, DryRun, Kind, Operation } from "@cloudlink/core";
import type { ActRequest, DryRunRequest, OperationRequest } from "@cloudlink/core/calls";
import { checkAction, checkRef, checkWish, keyOf } from "./check-answer.ts";
import { checkRequest, invalidRequest, refText } from "./check-request.ts";
import type { Connection } from "./connection.ts";
import { exchange } from "./exchange.ts";
import { createOperation, operationPath } from "./operation.ts";
import { readDryRun, readOperation } from "./read/operation.ts";
import { paths } from "./wire/protocol.ts";

/** See `Calls.act`. */
export async function act<K extends Kind>(
  connection: Connection,
  ctx: Context,
  request: ActRequest<K>,
): Promise<Operation> {
  checkRequest("act", ctx, request);
  const { kind, ref, action, idempotencyKey } = request;
  const record = await exchange(connection, ctx, {
    subject: { operation: "act", ref: keyOf(ref) },
    request() {
      checkKey(idempotencyKey);
      return { path: paths.actions, body: { ref: refText(ref), action, kind: kind.name }, idempotencyKey };
    },
    read(form) {
      const read = readOperation(form);
      checkRef(read, { ref, kind });
      checkWish(read, { action, idempotencyKey });
      return read;
    },
  });
  return createOperation(connection, record);
}

/** See `Calls.dryRun`. */
export async function dryRun<K extends Kind>(
  connection: Connection,
  ctx: Context,
  request: DryRunRequest<K>,
): Promise<DryRun> {
  checkRequest("dryRun", ctx, request);
  const { kind, ref, action } = request;
  return await exchange(connection, ctx, {
    subject: { operation: "dryRun", ref: keyOf(ref), effect: "none" },
    request: () => ({ path: paths.actions, body: { ref: refText(ref), action, kind: kind.name, dryRun: true } }),
    read(form) {
      const read = readDryRun(form);
      checkRef(read, { ref, kind });
      checkAction(read, action);
      return read;
    },
  });
}

/** See `Calls.operation`. */
export async function operation(connection: Connection, ctx: Context, request: OperationRequest): Promise<Operation> {
  checkRequest("operation", ctx, request);
  const { token } = request;
  const record = await exchange(connection, ctx, {
    subject: { operation: "operation" },
    request: () => ({ path: operationPath(token) }),
    read: readOperation,
  });
  return createOperation(connection, record);
}

/** The same as a kernel takes: a header would lose the spaces at its ends, and could not carry other characters. */
const keyForm = /^[\x21-\x7e]{1,255}$/;

function checkKey(key: unknown): void {
  if (key === undefined || (typeof key === "string" && keyForm.test(key))) return;
  throw invalidRequest("idempotencyKey is 1 to 255 printable ASCII characters without spaces, such as a UUID.");
}
