import { type Figure, goalText, isMet } from "./figure.ts";

/** Figures as lines of a table. */
export function report(figures: readonly Figure[]): readonly string[] {
  const cells = figures.map((figure) => {
    const { row, name, value, unit, goal, spread, note, n } = figure;
    const range = spread === undefined ? "" : `[${short(spread[0])} – ${short(spread[1])}]`;
    const shown = [
      row,
      name,
      `${unit === "" ? value : short(value)} ${unit}`.trim(),
      range,
      goal === undefined ? "" : goalText(goal),
      verdict(figure),
      `n=${n}`,
    ];
    return [...shown, note ?? ""];
  });
  const rows = [["ROW", "FIGURE", "VALUE", "MIN – MAX", "GOAL", "", "", ""], ...cells];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Figures as `--json` writes them. */
export function reportJson(figures: readonly Figure[]): string {
  const entries = figures.map((figure) => {
    const { row, name, value, unit, goal, n, seed, spread, note } = figure;
    return {
      row,
      figure: name,
      value,
      unit,
      ...(goal !== undefined && { goal: goalText(goal), met: isMet(figure) }),
      n,
      seed,
      spread,
      note,
    };
  });
  return `${JSON.stringify(entries, null, 2)}\n`;
}

function verdict(figure: Figure): string {
  if (figure.goal === undefined) return "";
  return isMet(figure) ? "met" : "MISSED";
}

function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 3);
}
