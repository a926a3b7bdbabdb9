import { freezeDeep, type StandardSchema } from "@cloudlink/core";
import { openYaml } from "./open-yaml.ts";
import { yamlError } from "./yaml-error.ts";
import type { YamlSource } from "./yaml-file.ts";

/** What {@link readYaml} takes. */
export interface ReadYamlRequest<Value> extends YamlSource {
  /** What the data is held against; see {@link HoldYamlRequest.schema}. */
  readonly schema: StandardSchema<unknown, Value>;
  /** What messages call the whole file: `a plugin.yaml`. */
  readonly title: string;
}

/**
 * Reads a YAML text of plain data and holds it against a schema.
 *
 * @returns what the schema makes of the data, frozen to its last part.
 * @throws `invalid_argument` (`ErrInvalidSettings`), and nothing else whatever the text is: see {@link yamlError}.
 */
export async function readYaml<Value>(request: ReadYamlRequest<Value>): Promise<Value> {
  const yaml = await openYaml(request);
  if (yaml.problems.length > 0) throw yamlError(yaml.file, yaml.problems);
  const held = await yaml.hold(request);
  if (held.problems !== undefined) throw yamlError(yaml.file, held.problems);
  return freezeDeep(held.value);
}
