import stringWidth from "string-width";
import { neutralize } from "./neutralize.ts";
import { cellText, type Row } from "./row.ts";
import type { RowWriterSettings } from "./row-writer.ts";

/**
 * One row, a field a line, under the paths that `--fields` takes: the fields that were named, or all there are.
 * Lists and objects are opened, so that nothing is cut.
 */
export function verticalView(row: Row, settings: Pick<RowWriterSettings, "columns" | "projected">): string {
  const lines: (readonly [string, string])[] = settings.projected
    ? settings.columns.map(({ path }) => [path, cellText(row.field(path))])
    : leaves(row);
  const width = Math.max(0, ...lines.map(([path]) => stringWidth(neutralize(path))));
  const text = lines.map(([path, value]) => {
    const name = neutralize(path);
    return `${name}${" ".repeat(width - stringWidth(name))}  ${neutralize(value) || "-"}\n`;
  });
  return text.join("");
}

function leaves(row: Row): (readonly [string, string])[] {
  const { value, ...rest } = row.record;
  const nativeId = row.field("nativeId");
  return [
    ...(nativeId === undefined ? [] : [["nativeId", cellText(nativeId)] as const]),
    ...opened("", value ?? {}),
    // For a person an age is a duration; `--fields freshness.ageMs` has it in milliseconds.
    ...opened("", rest).map(([path, text]) =>
      path === "freshness.ageMs"
        ? (["freshness.age", cellText(row.field("freshness.age"))] as const)
        : ([path, text] as const),
    ),
  ];
}

function opened(path: string, value: unknown): (readonly [string, string])[] {
  if (typeof value !== "object" || value === null) return [[path, cellText(value)]];
  const entries = Object.entries(value);
  if (entries.length === 0) return path === "" ? [] : [[path, ""]];
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) return [[path, cellText(value)]];
  return entries.flatMap(([name, each]) => opened(path === "" ? name : `${path}.${name}`, each));
}
