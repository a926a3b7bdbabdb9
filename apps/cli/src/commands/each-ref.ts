import type { CallStats, CloudLinkError, Ref } from "@cloudlink/core";
import { EXIT_OK, EXIT_PARTIAL, exitCodeOf } from "../exit-code.ts";
import { type Row, roundedStats } from "../output/row.ts";
import type { Column } from "../output/row-writer.ts";
import { OutputClosed } from "../output/sink.ts";
import type { Session } from "../session.ts";

/** What came of a command for one of the refs it was given. */
export interface RefOutcome {
  readonly ref: Ref;
  /** What is known of it; also where it failed later. */
  readonly row?: Row | undefined;
  readonly error?: CloudLinkError;
  /** An answer that is a refusal, such as that of a dry run: it is in the row, and decides the exit code as an error does. */
  readonly refusal?: CloudLinkError | undefined;
}

/** What there is to print of a command that was given refs. */
export interface RefAnswer {
  /** By ref, in the order of the command line. */
  readonly outcomes: readonly RefOutcome[];
  readonly columns: readonly Column[];
  /** Of all its calls. */
  readonly stats: CallStats;
  readonly traceId: string | undefined;
}

/**
 * Prints what came of a command for each of its refs, and gives its exit code. Of one ref the error is thrown, to be shown as every error is;
 * of several each has its own, and the exit code is that of a partial answer unless all went well or none did, or Ctrl-C ended it. A reader
 * that has gone changes nothing of it: what was done was done.
 */
export async function answerEach(session: Session, answer: RefAnswer): Promise<number> {
  const { outcomes, columns, traceId } = answer;
  const [only, ...others] = outcomes;
  if (only === undefined || others.length > 0) return await answerSeveral(session, answer);
  if (only.row !== undefined) {
    const stats = roundedStats(answer.stats);
    const row = { ...only.row, record: { ...only.row.record, ...(traceId !== undefined && { traceId }), stats } };
    const writer = await session.writer(columns);
    await unlessClosed(() => writer.one(row));
  }
  if (only.error !== undefined) throw only.error;
  return only.refusal === undefined ? EXIT_OK : exitCodeOf(only.refusal.code, session.interrupt);
}

async function answerSeveral(session: Session, answer: RefAnswer): Promise<number> {
  const { outcomes, columns, stats, traceId } = answer;
  const { reporter } = session;
  const rows = outcomes.flatMap(({ row }) => row ?? []);
  const problems = outcomes.flatMap(({ ref, error }) => (error === undefined ? [] : [{ ref: ref.key, error }]));
  const writer = await session.writer(columns);
  await unlessClosed(async () => {
    await writer.rows(rows);
    await writer.end({ problems, traceId, stats });
  });
  for (const problem of problems) await reporter.problem(problem);
  const { durationMs } = stats;
  await reporter.summary({ rows: rows.length, problems: problems.length, stats, durationMs, traceId });
  const failures = outcomes.flatMap(({ error, refusal }) => error ?? refusal ?? []);
  const [first] = failures;
  if (first === undefined) return EXIT_OK;
  // Whoever ends a command wants to hear that it was ended, whatever had come by then.
  const ended = failures.find(({ code }) => code === "canceled");
  if (session.interrupt.aborted && ended !== undefined) return exitCodeOf(ended.code, session.interrupt);
  return failures.length < outcomes.length ? EXIT_PARTIAL : exitCodeOf(first.code, session.interrupt);
}

async function unlessClosed(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
}

/** As many at once as a list of the kernel's has calls to a vendor. */
const CONCURRENCY = 8;

/** What `run` gives for each item, in the items' order; no more than eight run at once. It must not reject. */
export async function forEachRef<Item, Result>(
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const next = items.entries();
  // They share one iterator: whoever is free takes the next item.
  const worker = async () => {
    for (const [index, item] of next) results[index] = await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, worker));
  return results;
}

/** The refs, each once. */
export function distinctRefs(refs: readonly Ref[]): readonly Ref[] {
  return [...new Map(refs.map((ref) => [ref.key, ref])).values()];
}

/** What calls cost together. Their times overlap: how long all of it took is for whoever waited to say. */
export function summed(all: readonly CallStats[], durationMs: number): CallStats {
  const sum = (of: (stats: CallStats) => number) => all.reduce((total, stats) => total + of(stats), 0);
  return {
    vendorCalls: sum(({ vendorCalls }) => vendorCalls),
    savedCalls: sum(({ savedCalls }) => savedCalls),
    retries: sum(({ retries }) => retries),
    durationMs,
  };
}
