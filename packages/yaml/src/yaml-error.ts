import { CloudLinkError } from "@cloudlink/core";
import type { YamlProblem } from "./yaml-file.ts";

/** How many problems one error tells. */
const MOST_PROBLEMS = 10;

/**
 * The one error of what is wrong with a file: `invalid_argument` (`ErrInvalidSettings`). Its message has a line for every problem,
 * `cloudlink.yaml:7:12: …`, ten at most; `details` has `file`, `line` and `column` of the first.
 *
 * @param file - what messages call the file.
 * @param problems - one at least, by place.
 */
export function yamlError(file: string, problems: readonly YamlProblem[]): CloudLinkError {
  const told = problems.slice(0, MOST_PROBLEMS);
  const lines = told.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  if (problems.length > told.length) lines.push(`… and ${problems.length - told.length} more.`);
  const [first] = told;
  return new CloudLinkError({
    reason: "ErrInvalidSettings",
    message: lines.join("\n"),
    origin: "caller",
    details: { file, line: String(first?.line), column: String(first?.column) },
  });
}
