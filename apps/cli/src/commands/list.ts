import type { CallStats, Kind, ListPage, Where } from "@cloudlink/core";
import type { ListOptions } from "../command-options.ts";
import { kindNamed } from "../connection/connection.ts";
import { ACCOUNT_PLACE } from "../connection/login-options.ts";
import { EXIT_OK, EXIT_PARTIAL, exitCodeOf } from "../exit-code.ts";
import { maxAgeRequest } from "../freshness-request.ts";
import { resourceRow } from "../output/row.ts";
import type { Problem } from "../output/row-writer.ts";
import { OutputFailed } from "../output/sink.ts";
import { readableError } from "../readable-error.ts";
import { columnsOf, readFilter } from "../selection.ts";
import { openSession, type Session } from "../session.ts";
import type { ShellIo } from "../shell-io.ts";
import { usageError } from "../usage-error.ts";

/** How far a list came. */
interface Progress {
  rows: number;
  problems: Problem[];
  traceId: string | undefined;
  stats: CallStats | undefined;
  limited: boolean;
}

/** `cloudlink list`: everything of a kind, row by row as it arrives. */
export async function list(io: ShellIo, options: ListOptions): Promise<number> {
  if (options.roleArn?.includes(ACCOUNT_PLACE) && options.account === undefined) {
    throw usageError(`--role-arn has ${ACCOUNT_PLACE} in it: name the accounts to look in with --account.`);
  }
  await using session = await openSession(io, options);
  const { reporter } = session;
  const startedAt = performance.now();
  const catalog = await session.catalog();
  const kind = kindNamed(catalog, options.kind);
  const { where, tags } = await readFilter(kind, options);
  const severalAccounts = (options.account?.length ?? 0) > 1 || (options.profile?.length ?? 0) > 1;
  const columns = await columnsOf(kind, {
    form: options.output,
    fields: options.fields,
    severalAccounts,
    withoutNative: "A list has no native bodies: ask for one with `cloudlink get <ref> --native`.",
  });
  const writer = await session.writer(columns);
  const pages = session.connection.list(session.ctx, {
    kind,
    where: where as Where<Kind>,
    tags,
    ...(options.account !== undefined && { accounts: options.account }),
    ...(options.region !== undefined && { regions: options.region }),
    ...(options.view !== undefined && { view: options.view }),
    ...maxAgeRequest(options),
    ...(options.pageSize !== undefined && { pageSize: options.pageSize }),
  });

  const progress: Progress = { rows: 0, problems: [], traceId: undefined, stats: undefined, limited: false };
  const failure = await read(pages, { session, writer, progress, limit: options.limit }).then(
    () => undefined,
    (error: unknown) => {
      // Nobody is left to end a document for.
      session.outputClosed.throwIfAborted();
      if (error instanceof OutputFailed) throw error;
      return readableError(error);
    },
  );
  const { rows, problems, stats, limited } = progress;
  const traceId = progress.traceId ?? failure?.traceId;
  await writer.end({ problems, traceId, stats, error: failure?.toJSON() });
  for (const problem of problems) await reporter.problem(problem);
  if (failure !== undefined) await reporter.error(failure.toJSON());
  if (rows > 0 || failure === undefined || failure.code === "canceled") {
    const durationMs = performance.now() - startedAt;
    await reporter.summary({ rows, problems: problems.length, stats, durationMs, traceId, limited });
  }
  if (failure !== undefined) return exitCodeOf(failure.code, io.interrupt);
  return problems.length > 0 ? EXIT_PARTIAL : EXIT_OK;
}

async function read(
  pages: AsyncIterable<ListPage<unknown>>,
  run: {
    readonly session: Session;
    readonly writer: Awaited<ReturnType<Session["writer"]>>;
    readonly progress: Progress;
    readonly limit: number | undefined;
  },
): Promise<void> {
  const { session, writer, progress, limit = Number.POSITIVE_INFINITY } = run;
  const catalog = await session.catalog();
  for await (const page of pages) {
    const items = page.items.slice(0, limit - progress.rows);
    progress.traceId = page.traceId;
    progress.stats = session.withLogins(page.stats);
    progress.problems.push(...page.problems);
    await writer.rows(items.map((item) => resourceRow(item, (its) => catalog.nativeId(its))));
    progress.rows += items.length;
    session.reporter.progress(progress);
    if (progress.rows >= limit) {
      progress.limited = items.length < page.items.length || page.nextPageToken !== undefined;
      return;
    }
  }
}
