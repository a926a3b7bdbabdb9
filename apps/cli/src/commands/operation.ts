import type { OperationOptions } from "../command-options.ts";
import { operationColumns, operationRow } from "../output/operation-row.ts";
import { openSession } from "../session.ts";
import type { ShellIo } from "../shell-io.ts";
import { usageError } from "../usage-error.ts";
import { answerEach } from "./each-ref.ts";
import { type Followed, followToEnd } from "./follow-operation.ts";

/** `cloudlink operation <token>`: how an action stands that another command began. */
export async function operation(io: ShellIo, token: string, options: OperationOptions): Promise<number> {
  await using session = await openSession(io, options);
  const { connection, ctx, reporter } = session;
  if (!connection.sharesOperations) {
    throw usageError(
      "A token is good where it was made: at a server (--server), or with the tokenKey of a configuration (--config). Without either, `cloudlink get <ref>` shows how the resource stands.",
    );
  }
  const columns = operationColumns({ form: options.output, fields: options.fields });
  const catalog = await session.catalog();
  const found = await connection.operation(ctx, { token });
  const followed: Followed =
    options.wait === true
      ? await followToEnd(session, {
          operation: found,
          onStatus: (status) => reporter.status(`${found.action}: ${status}`),
        })
      : { operation: found };
  reporter.status(undefined);
  const shown = followed.operation ?? found;
  return await answerEach(session, {
    outcomes: [
      {
        ref: found.ref,
        row: operationRow(shown, (its) => catalog.nativeId(its)),
        ...(followed.error !== undefined && { error: followed.error }),
      },
    ],
    columns,
    stats: session.withLogins(shown.stats),
    traceId: ctx.trace?.traceId,
  });
}
