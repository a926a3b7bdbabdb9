import {
  CloudLinkError,
  type Context,
  type Operation,
  type OperationRecord,
  type OperationStatus,
  untilDone,
} from "@cloudlink/core";
import { checkWish } from "./check-answer.ts";
import { checkContext } from "./check-request.ts";
import type { Connection } from "./connection.ts";
import { exchange } from "./exchange.ts";
import { FormError } from "./read/form.ts";
import { readOperation } from "./read/operation.ts";
import { paths } from "./wire/protocol.ts";

/** The shortest wait between two questions, as a kernel's: a server that says less would have the client ask in a tight loop. */
const SHORTEST_POLL_MS = 100;

/** An operation as a program has it: what the server says of it, and the calls that ask on. */
export function createOperation(connection: Connection, record: OperationRecord): Operation {
  async function* progress(ctx: Context): AsyncGenerator<OperationStatus, void, undefined> {
    checkContext("operation", ctx);
    let latest = record;
    for (;;) {
      const { status } = latest;
      yield status;
      if (status.state === "done") return;
      await waited(ctx, { operation: latest, delayMs: Math.max(SHORTEST_POLL_MS, status.pollAfterMs) });
      latest = await asked(connection, ctx, latest);
    }
  }
  return Object.freeze({
    ...record,
    refresh: async (ctx: Context) => (await asked(connection, ctx, record)).status,
    progress,
    async done(ctx: Context) {
      let last = record.status;
      for await (const status of progress(ctx)) last = status;
      return last;
    },
  });
}

/** How it stands now. @throws with the effect `done` unless the server knows better: the vendor had accepted it. */
async function asked(connection: Connection, ctx: Context, latest: OperationRecord): Promise<OperationRecord> {
  const { token, ref } = latest;
  checkContext("operation", ctx);
  return await exchange(connection, ctx, {
    subject: { operation: "operation", ref: ref.key, effect: "done" },
    request: () => ({ path: operationPath(token) }),
    read(form) {
      const read = readOperation(form);
      // The token may be a newer one.
      if (read.ref.key !== ref.key) throw new FormError("about the resource of the operation");
      checkWish(read, latest);
      return read;
    },
  });
}

/** Where an operation is asked for. @throws `invalid_argument` (`ErrInvalidOperationToken`) for what no URL can carry. */
export function operationPath(token: string): string {
  // A URL loses dot segments, percent-encoded too (WHATWG URL), and the rest of the path would be another question.
  const isToken = typeof token === "string" && token !== "" && !/^\.{1,2}$/.test(token) && token.isWellFormed();
  if (isToken) return `${paths.operations}/${encodeURIComponent(token)}`;
  throw new CloudLinkError({
    reason: "ErrInvalidOperationToken",
    message: "The operation token is not good here. Give it as it was handed out.",
    origin: "caller",
  });
}

/** Waits, by the context's clock. @throws why the context is over, as soon as it is, with the effect `done`. */
async function waited(
  ctx: Context,
  { operation, delayMs }: { readonly operation: OperationRecord; readonly delayMs: number },
): Promise<void> {
  const { ref, traceId } = operation;
  let cancel: (() => void) | undefined;
  const elapsed = new Promise<void>((resolve) => {
    cancel = ctx.clock.schedule(resolve, { delayMs });
  });
  try {
    await untilDone(ctx, elapsed);
  } catch (error) {
    if (!CloudLinkError.isInstance(error)) throw error;
    throw error.with({ operation: "operation", effect: "done", ref: ref.key, traceId: ctx.trace?.traceId ?? traceId });
  } finally {
    cancel?.();
  }
}
