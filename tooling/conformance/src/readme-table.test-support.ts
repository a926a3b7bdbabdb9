import type { ConformanceCase } from "./conformance-case.ts";

/** The table of cases, as the README has it. */
export function renderCaseTable(cases: readonly ConformanceCase[]): string {
  const rows = cases.map(({ id, promise, needs }) => `| \`${id}\` | ${promise} | ${needs.join(", ")} |`);
  return ["| case | what holds | needs |", "|---|---|---|", ...rows].join("\n");
}
