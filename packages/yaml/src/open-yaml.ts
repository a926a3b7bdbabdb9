import { CloudLinkError } from "@cloudlink/core";
import type { YamlFile, YamlSource } from "./yaml-file.ts";

/**
 * Reads a YAML text of plain data, for a caller that goes on in steps: {@link YamlFile.hold}, then checks of its own. The reader of
 * YAML is loaded when this is first called.
 *
 * It is YAML 1.2 with its core schema and without tags: text, numbers that JSON can hold, booleans, null, lists and mappings with keys of
 * text, none twice. 12,000 tokens and 64 levels at most; aliases may not stand for more than 12,000 values. What is wrong with the
 * text is told by `problems` of the result, and time is linear in a text within `maxBytes`.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a text of more than `maxBytes`, and nothing else whatever the text is.
 */
export async function openYaml(request: YamlSource): Promise<YamlFile> {
  const { source, file, maxBytes, confidential = false } = request;
  const bytes = typeof source === "string" ? Buffer.byteLength(source) : source.byteLength;
  if (bytes > maxBytes) {
    throw new CloudLinkError({
      reason: "ErrInvalidSettings",
      message: `${file} has ${bytes} bytes; the most is ${maxBytes}.`,
      origin: "caller",
      details: { file },
    });
  }
  const { readYamlFile } = await import("./read-yaml-file.ts");
  return readYamlFile({ source, file, confidential });
}
