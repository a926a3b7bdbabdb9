import { escapeInQuotes } from "./neutralize.ts";
import { roundedStats } from "./row.ts";
import { type Ending, problemJson, projectedRecord, type RowWriter, type RowWriterSettings } from "./row-writer.ts";

/**
 * JSON (RFC 8259), one document: a row by itself is an object, many are `{"items": [...], "problems": [...], …}` with an item a line,
 * written as they come; a list that breaks off still ends as a valid document, with `error` in it.
 * JSON lines: a row a line and nothing else.
 */
export function createJsonWriter(settings: RowWriterSettings): RowWriter {
  const { sink } = settings;
  const lines = settings.form === "jsonl";
  let written = 0;
  return {
    one: (row) => sink.write(`${text(projectedRecord(row, settings), lines ? undefined : 2)}\n`),
    async rows(rows) {
      if (rows.length === 0) return;
      const items = rows.map((row) => text(projectedRecord(row, settings)));
      const before = lines ? "" : written === 0 ? '{"items": [\n' : ",\n";
      written += rows.length;
      await sink.write(before + items.join(lines ? "\n" : ",\n") + (lines ? "\n" : ""));
    },
    end: (ending) =>
      lines ? Promise.resolve() : sink.write(`${written === 0 ? '{"items": [' : "\n"}]${rest(ending)}}\n`),
  };
}

function rest({ problems, traceId, stats, error }: Ending): string {
  const parts = { problems: problems?.map(problemJson), traceId, stats: stats && roundedStats(stats), error };
  return Object.entries(parts)
    .map(([name, part]) => (part === undefined ? "" : `,\n"${name}": ${text(part)}`))
    .join("");
}

function text(value: unknown, indent?: number): string {
  return escapeInQuotes(JSON.stringify(value, undefined, indent));
}
