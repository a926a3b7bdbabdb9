import { isUtf8 } from "node:buffer";
import type { YamlProblem } from "./yaml-file.ts";

/** The text that bytes are in UTF-8, without a byte order mark, or where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | YamlProblem {
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  return { ...placeOfFirstFault(bytes), message: "this is not UTF-8. Save the file as UTF-8." };
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
