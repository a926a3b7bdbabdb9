import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { packedProject } from "@cloudlink/packed";
import { type Figure, isMet } from "./figure.ts";
import { report, reportJson } from "./report.ts";
import { rows } from "./rows/index.ts";
import { loadSubjects } from "./subjects.ts";

const HELP = `pnpm bench [name] [--json FILE] [--control]

Measures the packages as they are packed beside their peers, and prints each figure beside its goal.

  name         a group (${[...new Set(rows.map(({ group }) => group))].join(", ")}) or a row (${rows.map(({ row }) => row).join(", ")}); all of them if left out
  --json FILE  writes the figures to FILE too
  --control    puts something without the tested quality in the subject's place; every figure has to miss its goal then
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    control: { type: "boolean", default: false },
    help: { type: "boolean", short: "h" },
  },
});
const [name] = positionals;
const chosen = rows.filter(({ row, group }) => name === undefined || name === row || name === group);

if (values.help === true || chosen.length === 0) {
  process.stdout.write(HELP);
  process.exitCode = values.help === true ? 0 : 2;
} else {
  const subjects = await loadSubjects(packedProject().directory);
  const figures: Figure[] = [];
  for (const row of chosen) {
    process.stderr.write(`measuring ${row.row} …\n`);
    figures.push(...(await row.measure({ subjects, size: "full", control: values.control })));
  }
  process.stdout.write(`${report(figures).join("\n")}\n`);
  if (values.json !== undefined) writeFileSync(values.json, reportJson(figures));
  const green = figures.filter(isMet);
  if (values.control && green.length > 0) {
    process.stderr.write(`The control met a goal it must miss: ${green.map((figure) => figure.name).join("; ")}\n`);
    process.exitCode = 1;
  }
}
