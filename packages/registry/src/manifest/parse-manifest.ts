import { readYaml } from "@cloudlink/yaml";
import { manifestSchema } from "./manifest.schema.ts";
import { LARGEST_MANIFEST_BYTES, type PluginManifest } from "./plugin-manifest.ts";

/** Reads and checks the text of a plugin.yaml. `file` is what messages call it. @throws `invalid_argument` (`ErrInvalidSettings`). */
export async function parseManifest(source: string | Uint8Array, file: string): Promise<PluginManifest> {
  return await readYaml<PluginManifest>({
    source,
    file,
    maxBytes: LARGEST_MANIFEST_BYTES,
    schema: manifestSchema,
    title: "a plugin.yaml",
  });
}
