import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { packedProject } from "@cloudlink/packed";
import { type Figure, isMet } from "./figure.ts";
import { report, reportJson } from "./report.ts";
import type { Row, RowRequest } from "./row.ts";
import { loadSubjects } from "./subjects.ts";

/** A command that measures rows. */
export interface RowsCommand {
  /** As it is typed: `pnpm bench`. */
  readonly command: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  readonly rows: readonly Row[];
}

/**
 * The whole of such a command: reads its arguments, measures the chosen rows on the packages as they are packed, prints a table. The
 * exit code is 2 for arguments that cannot be used, and 1 where a figure missed its goal, or where a control met one.
 */
export async function runRows({ command, summary, rows }: RowsCommand): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "string" },
      seed: { type: "string" },
      size: { type: "string" },
      control: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [name] = positionals;
  const chosen = rows.filter(({ row, group }) => name === undefined || name === row || name === group);
  const seed = wholeNumber(values.seed);
  const count = wholeNumber(values.size);
  if (values.help || chosen.length === 0 || Number.isNaN(seed) || Number.isNaN(count)) {
    process.stdout.write(helpOf({ command, summary, rows }));
    process.exitCode = values.help ? 0 : 2;
    return;
  }

  const request: Omit<RowRequest, "subjects"> = {
    size: "full",
    control: values.control,
    seed: seed ?? randomInt(2 ** 31),
    ...(count !== undefined && { count }),
  };
  const subjects = await loadSubjects(packedProject().directory);
  const figures: Figure[] = [];
  for (const row of chosen) {
    process.stderr.write(`measuring ${row.row} …\n`);
    figures.push(...(await row.measure({ ...request, subjects })));
  }
  process.stdout.write(`${report(figures).join("\n")}\n`);
  const seeded = figures.find((figure) => figure.seed !== undefined);
  if (seeded !== undefined) process.stdout.write(`The same choices again: --seed ${seeded.seed}\n`);
  if (values.json !== undefined) writeFileSync(values.json, reportJson(figures));
  const wrong = figures.filter((figure) => figure.goal !== undefined && isMet(figure) === values.control);
  if (wrong.length === 0) return;
  const names = wrong.map((figure) => figure.name).join("; ");
  const what = values.control ? "The control met a goal it must miss" : "A goal was missed";
  process.stderr.write(`${what}: ${names}\n`);
  process.exitCode = 1;
}

/** @returns `undefined` for what was not given, NaN for what is none. */
function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}

function helpOf({ command, summary, rows }: RowsCommand): string {
  const byGroup = Map.groupBy(rows, ({ group }) => group);
  const names = [...byGroup].map(([group, its]) => `${group} (${[...new Set(its.map(({ row }) => row))].join(", ")})`);
  return `${command} [name] [--json FILE] [--seed N] [--size N] [--control]

${summary}

  name         a group, or one of its rows: ${names.join("; ")}. All of them if left out
  --json FILE  writes the figures to FILE too
  --seed N     what random choices follow from; at random if left out, and printed
  --size N     how many calls or inputs, for a row that counts such
  --control    puts something without the tested quality in the subject's place; every figure has to miss its goal then
`;
}
