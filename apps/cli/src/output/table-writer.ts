import stringWidth from "string-width";
import { neutralize } from "./neutralize.ts";
import { cellText, type Row } from "./row.ts";
import type { Column, RowWriter, RowWriterSettings } from "./row-writer.ts";
import { verticalView } from "./vertical-view.ts";

const GAP = "  ";

/** What stands in a cell without a value, so that every line has as many words as the table has columns. */
const EMPTY = "-";

/** No column is squeezed below this to fit a terminal. */
const NARROWEST_COLUMN = 6;

/**
 * A table that is written as rows come: the first rows fix the widths. On a terminal the table is made to fit, and longer cells end in `…`;
 * elsewhere nothing is cut, a longer cell only pushes its line out of step.
 */
export function createTableWriter(settings: RowWriterSettings): RowWriter {
  const { sink, columns } = settings;
  let widths: readonly number[] | undefined;
  return {
    one: (row) => sink.write(verticalView(row, settings)),
    async rows(rows) {
      if (rows.length === 0) return;
      const lines = rows.map((row) => columns.map(({ path }) => neutralize(cellText(row.field(path))) || EMPTY));
      const titles = columns.map(({ title }) => neutralize(title));
      const header = widths === undefined ? [titles] : [];
      widths ??= fitted([titles, ...lines], { columns, available: sink.columns });
      const layout = { widths, columns, cut: sink.isTerminal };
      await sink.write([...header, ...lines].map((cells) => line(cells, layout)).join(""));
    },
    async end() {},
  };
}

/** A whole table, for what is known all at once. */
export function tableOf(rows: readonly Row[], columns: readonly Column[]): string {
  const lines = rows.map((row) => columns.map(({ path }) => neutralize(cellText(row.field(path))) || EMPTY));
  const titles = columns.map(({ title }) => title);
  const layout = { widths: fitted([titles, ...lines], { columns, available: undefined }), columns, cut: false };
  return [titles, ...lines].map((cells) => line(cells, layout)).join("");
}

interface Layout {
  readonly widths: readonly number[];
  readonly columns: readonly Column[];
  readonly cut: boolean;
}

function line(cells: readonly string[], layout: Layout): string {
  const padded = cells.map((cell, column) => {
    const width = layout.widths[column] ?? 0;
    const shown = layout.cut && layout.columns[column]?.whole !== true ? truncated(cell, width) : cell;
    return shown + " ".repeat(Math.max(0, width - stringWidth(shown)));
  });
  return `${padded.join(GAP).trimEnd()}\n`;
}

/** The width of each column: that of its longest cell, the widest columns squeezed until the table fits. */
function fitted(
  lines: readonly (readonly string[])[],
  { columns, available }: { columns: readonly Column[]; available: number | undefined },
): readonly number[] {
  const widths = columns.map((_, column) => Math.max(...lines.map((cells) => stringWidth(cells[column] ?? ""))));
  if (available === undefined) return widths;
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - available;
  while (excess > 0) {
    const widest = Math.max(...widths.filter((_, column) => columns[column]?.whole !== true));
    if (widest <= NARROWEST_COLUMN) break;
    const column = widths.findIndex((width, each) => width === widest && columns[each]?.whole !== true);
    widths[column] = widest - 1;
    excess--;
  }
  return widths;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** `text` in at most `width` columns, the last of them `…` if any of it is missing. No character is cut in half. */
export function truncated(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const columns = stringWidth(segment);
    if (used + columns > width - 1) break;
    kept += segment;
    used += columns;
  }
  return `${kept}…`;
}
