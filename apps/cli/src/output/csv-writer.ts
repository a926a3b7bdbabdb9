import { stringify } from "csv-stringify/sync";
import { neutralize } from "./neutralize.ts";
import { cellText, type Row } from "./row.ts";
import type { RowWriter, RowWriterSettings } from "./row-writer.ts";

/**
 * CSV (RFC 4180), with a header. Cells that a spreadsheet would take for a formula get an apostrophe in front, unless `rawCsv` says not to:
 * whoever may tag a machine must not run formulas in the office. On a terminal, and only there, control characters are made visible.
 */
export function createCsvWriter(settings: RowWriterSettings): RowWriter {
  const { sink, columns } = settings;
  let begun = false;
  const options = { escape_formulas: settings.rawCsv !== true };

  async function rows(rows: readonly Row[]): Promise<void> {
    const cells = rows.map((row) =>
      columns.map(({ path }) => {
        const cell = cellText(row.field(path));
        return sink.isTerminal ? neutralize(cell) : cell;
      }),
    );
    const header = begun ? "" : stringify([columns.map(({ path }) => path)], options);
    begun = true;
    await sink.write(header + stringify(cells, options));
  }
  return { one: (row) => rows([row]), rows, end: () => (begun ? Promise.resolve() : rows([])) };
}
