export { type HideRequest, hideValues } from "./hide-values.ts";
export { nameOfPath } from "./name-of-path.ts";
export { nearestWord } from "./nearest-word.ts";
export { openYaml } from "./open-yaml.ts";
export { printable } from "./printable.ts";
export { type ReadBoundedRequest, readBounded } from "./read-bounded.ts";
export { type ReadYamlRequest, readYaml } from "./read-yaml.ts";
export { yamlError } from "./yaml-error.ts";
export type {
  HeldYaml,
  HoldYamlRequest,
  YamlFile,
  YamlPath,
  YamlProblem,
  YamlSource,
  YamlValueProblem,
} from "./yaml-file.ts";
