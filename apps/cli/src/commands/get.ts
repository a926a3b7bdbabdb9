import type { Outcome, Ref, ResourceState } from "@cloudlink/core";
import type { GetOptions } from "../command-options.ts";
import { kindNamed } from "../connection/connection.ts";
import { EXIT_OK, EXIT_PARTIAL, exitCodeOf } from "../exit-code.ts";
import { freshnessRequest } from "../freshness-request.ts";
import { resourceRow } from "../output/row.ts";
import type { Problem } from "../output/row-writer.ts";
import { columnsOf } from "../selection.ts";
import { openSession, type Session } from "../session.ts";
import type { ShellIo } from "../shell-io.ts";
import { usageError } from "../usage-error.ts";

/** `cloudlink get <ref…>`: one resource, or several of any kinds. */
export async function get(io: ShellIo, refs: readonly string[], options: GetOptions): Promise<number> {
  if (options.native === true && refs.length > 1) throw usageError("--native takes one ref at a time.");
  await using session = await openSession(io, options);
  const catalog = await session.catalog();
  const [only, ...others] = refs.map((text) => catalog.resolveRef(text));
  if (only === undefined) throw usageError("Name a ref or an id of the vendor's, such as an ARN.");
  return others.length === 0
    ? await getOne(session, only, options)
    : await getSeveral(session, [only, ...others], options);
}

async function getOne(session: Session, ref: Ref, options: GetOptions): Promise<number> {
  const { connection, ctx } = session;
  const catalog = await session.catalog();
  const kind = kindNamed(catalog, ref.kind);
  const columns = await columnsOf(kind, {
    form: options.output,
    fields: options.fields,
    severalAccounts: false,
    ...(options.native !== true && { withoutNative: "The native body is there where it is asked for: add --native." }),
  });
  const answer = await connection.get(ctx, {
    kind,
    ref,
    ...viewOf(options),
    ...freshnessRequest(options),
    ...(options.native === true && { native: true }),
  });
  const whole = { ...answer, traceId: answer.traceId, stats: session.withLogins(answer.stats) };
  const writer = await session.writer(columns);
  await writer.one(resourceRow(whole, (its) => catalog.nativeId(its)));
  return EXIT_OK;
}

async function getSeveral(session: Session, refs: readonly Ref[], options: GetOptions): Promise<number> {
  const { connection, ctx, reporter } = session;
  const catalog = await session.catalog();
  const startedAt = performance.now();
  const kinds = new Map(refs.map((ref) => [ref.kind, kindNamed(catalog, ref.kind)]));
  const [first, ...more] = [...kinds.values()];
  if (first === undefined || more.length > 0) {
    throw usageError(
      `Refs of several kinds have no columns in common: ask for ${[...kinds.keys()].join(" and ")} apart.`,
    );
  }
  const severalAccounts = new Set(refs.map((ref) => ref.account)).size > 1;
  const columns = await columnsOf(first, {
    form: options.output,
    fields: options.fields,
    severalAccounts,
    withoutNative: "Native bodies are for one ref at a time: ask for that ref alone, with --native.",
  });
  const {
    outcomes,
    traceId,
    stats: ownStats,
  } = await connection.getMany(ctx, { kind: first, refs, ...viewOf(options), ...freshnessRequest(options) });
  const stats = session.withLogins(ownStats);
  const states = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.state] : []));
  const problems = outcomes.flatMap((outcome) => problemOf(outcome) ?? []);
  const writer = await session.writer(columns);
  await writer.rows(states.map((state) => resourceRow(state, (its) => catalog.nativeId(its))));
  await writer.end({ problems, traceId, stats });
  for (const problem of problems) await reporter.problem(problem);
  const durationMs = performance.now() - startedAt;
  await reporter.summary({ rows: states.length, problems: problems.length, stats, durationMs, traceId });
  const [problem] = problems;
  if (problem === undefined) return EXIT_OK;
  return states.length > 0 ? EXIT_PARTIAL : exitCodeOf(problem.error.code, session.interrupt);
}

function problemOf(outcome: Outcome<ResourceState<unknown>>): Problem | undefined {
  return outcome.ok ? undefined : { ref: outcome.ref.key, error: outcome.error };
}

function viewOf({ view }: GetOptions): { view?: string } {
  return view === undefined ? {} : { view };
}
