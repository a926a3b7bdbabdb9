import { isUtf8 } from "node:buffer";
import { type CloudLinkError, freezeDeep } from "@cloudlink/core";
import type { LineCounter } from "yaml";
import { invalidSettings } from "../registry-error.ts";
import { describeIssue } from "./describe-issue.ts";
import { manifestSchema } from "./manifest.schema.ts";
import { LARGEST_MANIFEST_BYTES, type PluginManifest } from "./plugin-manifest.ts";
import type { Problem } from "./problem.ts";
import { readYaml } from "./yaml-document.ts";

/** How many problems one error tells. */
const MOST_PROBLEMS = 10;

/** Reads and checks the text of a plugin.yaml. `file` is what messages call it. @throws `invalid_argument` (`ErrInvalidSettings`). */
export function parseManifest(source: string | Uint8Array, file: string): PluginManifest {
  const bytes = typeof source === "string" ? Buffer.byteLength(source) : source.byteLength;
  if (bytes > LARGEST_MANIFEST_BYTES) {
    throw invalidSettings(`${file} has ${bytes} bytes; the most is ${LARGEST_MANIFEST_BYTES}.`, { file });
  }
  const text = typeof source === "string" ? source : decode(source, file);
  const result = readYaml(text);
  if (!("document" in result)) throw errorOf(result.problems, { file, lineCounter: result.lineCounter });
  const { document, lineCounter } = result;
  const checked = manifestSchema.safeParse(document.value);
  if (checked.success) return freezeDeep<PluginManifest>(checked.data);
  const problems = checked.error.issues.flatMap((issue) => describeIssue(issue, document));
  throw errorOf(problems, { file, lineCounter });
}

function decode(bytes: Uint8Array, file: string): string {
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  const { line, column } = placeOfFirstFault(bytes);
  throw invalidSettings(`${file}:${line}:${column}: this is not UTF-8. Save the file as UTF-8.`, {
    file,
    line: String(line),
    column: String(column),
  });
}

/** By halving: the start of a text is UTF-8, as far as it goes, up to the first fault and never after it. */
function placeOfFirstFault(bytes: Uint8Array): { readonly line: number; readonly column: number } {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodeStart(bytes.subarray(0, middle)) === undefined) bad = middle;
    else good = middle;
  }
  const lines = (decodeStart(bytes.subarray(0, good)) ?? "").split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

/** The text of the start of a file, which may end within a character; `undefined` if it cannot be UTF-8. */
function decodeStart(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

function errorOf(
  problems: readonly Problem[],
  { file, lineCounter }: { readonly file: string; readonly lineCounter: LineCounter },
): CloudLinkError {
  const sorted = problems
    .toSorted((one, other) => one.offset - other.offset)
    .filter(
      (problem, index, all) => all[index - 1]?.offset !== problem.offset || all[index - 1]?.message !== problem.message,
    );
  const places = sorted.slice(0, MOST_PROBLEMS).map(({ offset, message }) => {
    const { line, col } = lineCounter.linePos(offset);
    // The counter gives line 0 for a text without any.
    return { line: Math.max(1, line), column: Math.max(1, col), message };
  });
  const lines = places.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  if (sorted.length > places.length) lines.push(`… and ${sorted.length - places.length} more.`);
  const [first] = places;
  return invalidSettings(lines.join("\n"), { file, line: String(first?.line), column: String(first?.column) });
}
