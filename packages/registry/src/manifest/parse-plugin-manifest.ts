import { invalidSettings } from "../registry-error.ts";
import { MANIFEST_FILE, type PluginManifest } from "./plugin-manifest.ts";

/** What {@link parsePluginManifest} takes beside the text. */
export interface ParseManifestOptions {
  /** What messages call the file; `plugin.yaml` if left out. */
  readonly file?: string;
}

/**
 * Reads and checks a plugin.yaml: a text, or its bytes in UTF-8, of 64 KiB at most. The reader of YAML and the schema are loaded
 * when this is first called.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`), and nothing else whatever the text is. The message has a line for every
 *   problem, `plugin.yaml:7:12: …`, by place, ten at most; `details` has `file`, `line` and `column` of the first.
 *   Columns count UTF-16 code units from 1.
 */
export async function parsePluginManifest(
  source: string | Uint8Array,
  options: ParseManifestOptions = {},
): Promise<PluginManifest> {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    throw invalidSettings("A plugin.yaml is given as text or as bytes.");
  }
  const { parseManifest } = await import("./parse-manifest.ts");
  return parseManifest(source, options.file ?? MANIFEST_FILE);
}
