import { randomUUID } from "node:crypto";
import { CloudLinkError, type Kind, type Operation, quote, type Ref } from "@cloudlink/core";
import { namedActions } from "../action-names.ts";
import { commandLine } from "../command-line.ts";
import type { ActOptions } from "../command-options.ts";
import { canAsk, confirm } from "../confirm.ts";
import type { CallPlace } from "../connection/call-place.ts";
import { type Catalog, kindNamed } from "../connection/connection.ts";
import { dryRunColumns, dryRunRow, operationColumns, operationRow } from "../output/operation-row.ts";
import type { Column } from "../output/row-writer.ts";
import { readableError } from "../readable-error.ts";
import { openSession, type Session } from "../session.ts";
import type { ShellIo } from "../shell-io.ts";
import { usageError } from "../usage-error.ts";
import { answerEach, distinctRefs, forEachRef, type RefOutcome, summed } from "./each-ref.ts";
import { type Followed, followToEnd } from "./follow-operation.ts";

/** What is to be acted on, and the kind of it. */
interface Target {
  readonly ref: Ref;
  readonly kind: Kind;
}

/** A command line about an action. */
export interface ActCommand {
  readonly action: string;
  readonly refs: readonly string[];
}

/** `cloudlink start|stop|reboot <ref…>` and `cloudlink act <action> <ref…>`: one resource, or several, each for itself. */
export async function act(io: ShellIo, command: ActCommand, options: ActOptions): Promise<number> {
  const { action } = command;
  checkOptions(command, options);
  if (options.dryRun !== true && options.yes !== true && !canAsk(io)) {
    throw usageError(
      `There is no terminal to confirm on: give --yes to ${action}, or --dry-run to see what it would do.`,
    );
  }
  await using session = await openSession(io, options).catch(beforeActing);
  const deed = await prepared(session, { command, options }).catch(beforeActing);
  if (options.dryRun === true) return await tryEach(session, deed);
  if (options.yes !== true) {
    const refs = deed.targets.map(({ ref }) => ref);
    await session.untimed(() => confirm(io, { action, refs, options, place: session.place }));
  }
  return await actOnEach(session, deed);
}

/** @throws `invalid_argument` for a ref, a kind, an action or a field that there is not, and one key for several refs. */
async function prepared(
  session: Session,
  { command, options }: { readonly command: ActCommand; readonly options: ActOptions },
): Promise<Deed> {
  const { action } = command;
  const catalog = await session.catalog();
  const refs = distinctRefs(command.refs.map((text) => catalog.resolveRef(text)));
  const targets = refs.map((ref) => ({ ref, kind: kindNamed(catalog, ref.kind) }));
  for (const { kind } of targets) checkAction(kind, action);
  if (options.idempotencyKey !== undefined && refs.length > 1) {
    throw usageError("--idempotency-key names one wish, for one ref: give each ref a command, and a key, of its own.");
  }
  const request = { form: options.output, fields: options.fields };
  const columns = options.dryRun === true ? dryRunColumns(request) : operationColumns(request);
  return { action, targets, catalog, columns, options };
}

/** What fails before anything is sent has no effect, and says so. */
function beforeActing(error: unknown): never {
  throw CloudLinkError.isInstance(error) && error.effect === undefined ? error.with({ effect: "none" }) : error;
}

function checkOptions({ action }: ActCommand, { dryRun, wait, idempotencyKey }: ActOptions): void {
  if (dryRun !== true) return;
  if (wait === true) throw usageError(`--dry-run does nothing to wait for: leave --wait out, or ${action} without it.`);
  if (idempotencyKey !== undefined)
    throw usageError("--dry-run does nothing that could be repeated: leave the key out.");
}

function checkAction(kind: Kind, action: string): void {
  if (Object.hasOwn(kind.actions, action)) return;
  const known = Object.keys(kind.actions).join(", ") || "none";
  throw usageError(`${kind.name} has no action ${quote(action)}. It has: ${known}.`);
}

/** What is done to the targets of a command. */
interface Deed {
  readonly action: string;
  readonly targets: readonly Target[];
  readonly catalog: Catalog;
  /** Of the answer: one that cannot be printed is known before anything is done. */
  readonly columns: readonly Column[];
  readonly options: ActOptions;
}

async function actOnEach(session: Session, { action, targets, catalog, columns, options }: Deed): Promise<number> {
  const { connection, ctx, reporter, place } = session;
  const startedAt = performance.now();
  const several = targets.length > 1;
  let finished = 0;
  const results = await forEachRef(targets, async (target): Promise<Followed> => {
    // A server knows the key when the command is repeated; a kernel that ends with this process does not.
    const idempotencyKey = options.idempotencyKey ?? (place.server === undefined ? undefined : randomUUID());
    const request = { ...target, action, ...(idempotencyKey !== undefined && { idempotencyKey }) };
    let operation: Operation;
    try {
      operation = await connection.act(ctx, request);
    } catch (error) {
      const known = actionError(error, target.ref);
      if (known.effect !== "unknown" || place.server === undefined) return { error: known };
      return { error: known.with({ details: { ...known.details, repeat: howToRepeat(place, request) } }) };
    }
    if (options.wait !== true) return { operation };
    const followed = await followToEnd(session, {
      operation,
      onStatus: (status) =>
        reporter.status(several ? `${action}: ${finished} of ${targets.length} ended` : `${action}: ${status}`),
    });
    finished += 1;
    return followed;
  });
  reporter.status(undefined);
  const outcomes = results.map(({ operation, error }, index): RefOutcome => {
    const { ref } = targets[index] as Target;
    const row = operation === undefined ? {} : { row: operationRow(operation, (its) => catalog.nativeId(its)) };
    return { ref, ...row, ...(error !== undefined && { error }) };
  });
  const stats = results.flatMap(({ operation }) => operation?.stats ?? []);
  return await answerEach(session, {
    outcomes,
    columns,
    stats: session.withLogins(summed(stats, performance.now() - startedAt)),
    traceId: ctx.trace?.traceId,
  });
}

/** A command that repeats the wish: whatever came of it the first time, it is carried out once. */
function howToRepeat(
  { server = "" }: CallPlace,
  request: { readonly ref: Ref; readonly action: string; readonly idempotencyKey?: string },
): string {
  const { ref, action, idempotencyKey = "" } = request;
  const named = namedActions.some(({ name }) => name === action) ? [action] : ["act", action];
  return commandLine(["cloudlink", ...named, ref.key, "--idempotency-key", idempotencyKey, "--server", server]);
}

async function tryEach(session: Session, { action, targets, catalog, columns }: Deed): Promise<number> {
  const { connection, ctx } = session;
  const startedAt = performance.now();
  const results = await forEachRef(targets, async (target) => {
    try {
      return { dryRun: await connection.dryRun(ctx, { ...target, action }) };
    } catch (error) {
      return { error: actionError(error, target.ref) };
    }
  });
  const outcomes = results.map(({ dryRun, error }, index): RefOutcome => {
    const { ref } = targets[index] as Target;
    if (dryRun === undefined) return { ref, error };
    return { ref, row: dryRunRow(dryRun, (its) => catalog.nativeId(its)), refusal: dryRun.denial };
  });
  const stats = results.flatMap(({ dryRun }) => dryRun?.stats ?? []);
  return await answerEach(session, {
    outcomes,
    columns,
    stats: session.withLogins(summed(stats, performance.now() - startedAt)),
    traceId: ctx.trace?.traceId,
  });
}

function actionError(error: unknown, ref: Ref): CloudLinkError {
  const known = readableError(error);
  return known.ref === undefined ? known.with({ ref: ref.key }) : known;
}
