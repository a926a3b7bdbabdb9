import type { CallStats, CloudLinkError, ListPage, ListProblem } from "@cloudlink/core";
import type { ListLineForm, ListPageForm, ListProblemForm } from "./list.schema.ts";
import { encodeError } from "./problem.ts";
import { encodeResourceState, encodeStats, type NativeIdOf } from "./resource-state.ts";

/** The form of one page of a list. */
export function encodeListPage(page: ListPage<unknown>, nativeIdOf?: NativeIdOf): ListPageForm {
  return {
    items: page.items.map((item) => encodeResourceState(item, nativeIdOf)),
    problems: page.problems.map(encodeProblem),
    ...endOfPage(page),
  };
}

/** The lines of one page of a list that is streamed: its items, its problems, and that it ends. */
export function* encodeListLines(page: ListPage<unknown>, nativeIdOf?: NativeIdOf): Generator<ListLineForm> {
  for (const item of page.items) yield { item: encodeResourceState(item, nativeIdOf) };
  for (const problem of page.problems) yield { problem: encodeProblem(problem) };
  yield { page: endOfPage(page) };
}

/** The last line of a list that came to its end. */
export function encodeListEnd(end: { readonly traceId: string; readonly stats: CallStats }): ListLineForm {
  return { end: { traceId: end.traceId, stats: encodeStats(end.stats) } };
}

/** The last line of a list that failed once it had begun. */
export function encodeListError(error: CloudLinkError): ListLineForm {
  return { error: encodeError(error) };
}

/** A line as it is sent: JSON has no line break of its own inside. */
export function formatListLine(line: ListLineForm): string {
  return `${JSON.stringify(line)}\n`;
}

function endOfPage({ nextPageToken, traceId, stats }: ListPage<unknown>) {
  return { ...(nextPageToken !== undefined && { nextPageToken }), traceId, stats: encodeStats(stats) };
}

function encodeProblem({ provider, partition, account, region, error }: ListProblem): ListProblemForm {
  return { provider, partition, account, region, error: encodeError(error) };
}
