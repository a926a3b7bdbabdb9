import type { WaitOptions } from "../command-options.ts";
import { kindNamed } from "../connection/connection.ts";
import { durationText } from "../duration.ts";
import { resourceRow } from "../output/row.ts";
import { columnsOf, readFilter } from "../selection.ts";
import { openSession } from "../session.ts";
import type { ShellIo } from "../shell-io.ts";
import { usageError } from "../usage-error.ts";
import { setbackText } from "./asking.ts";
import { type Awaited, awaitState, fieldsText } from "./await-state.ts";
import { answerEach, distinctRefs } from "./each-ref.ts";

/** `cloudlink wait --for <field=value> <ref…>`: until resources are in a state, whatever brings them there. */
export async function wait(io: ShellIo, texts: readonly string[], options: WaitOptions): Promise<number> {
  await using session = await openSession(io, options);
  const { connection, ctx, reporter } = session;
  const catalog = await session.catalog();
  const refs = distinctRefs(texts.map((text) => catalog.resolveRef(text)));
  const [kindName = "", ...others] = new Set(refs.map((ref) => ref.kind));
  if (others.length > 0) {
    throw usageError(
      `Refs of several kinds have no states in common: wait for ${[kindName, ...others].join(" and ")} apart.`,
    );
  }
  const kind = kindNamed(catalog, kindName);
  const filter = await readFilter(kind, { where: options.for });
  const columns = await columnsOf(kind, {
    form: options.output,
    fields: options.fields,
    severalAccounts: new Set(refs.map((ref) => ref.account)).size > 1,
    withoutNative: "A wait has no native bodies: ask for one with `cloudlink get <ref> --native`.",
  });

  const wanted = options.for.map(([path, values]) => `${path}=${values}`).join(" ");
  const startedAt = ctx.clock.monotonicMs();
  const { awaited, stats } = await awaitState(ctx, {
    ...{ connection, kind, refs, filter, intervalMs: options.interval },
    onPending(pending) {
      const [first] = pending;
      const state = refs.length > 1 ? `${refs.length - pending.length} of ${refs.length}` : first && stateText(first);
      reporter.status(`${wanted}: ${state}, ${durationText(ctx.clock.monotonicMs() - startedAt)}`);
    },
    onSetback: (setback) => reporter.detail(setbackText(setback)),
  });
  reporter.status(undefined);
  return await answerEach(session, {
    outcomes: awaited.map(({ ref, state, error }) => ({
      ref,
      ...(state !== undefined && { row: resourceRow(state, (its) => catalog.nativeId(its)) }),
      ...(error !== undefined && { error }),
    })),
    columns,
    stats: session.withLogins(stats),
    traceId: ctx.trace?.traceId,
  });

  function stateText({ state, setback }: Awaited): string {
    if (setback !== undefined) return setback.code === "not_found" ? "not there yet" : setback.code;
    return state === undefined ? "not seen yet" : fieldsText(state, filter);
  }
}
