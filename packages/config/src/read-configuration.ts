import { yamlError } from "@cloudlink/yaml";
import type { Configuration } from "./configuration.ts";
import type { ConfigurationSource } from "./configuration-source.ts";
import { examineConfiguration } from "./examine-configuration.ts";
import { rememberOrigin } from "./origins.ts";

/**
 * Reads a cloudlink.yaml: the text, what it refers to, and everything that can be checked without a provider.
 *
 * Any scalar of the file may be `{ env: NAME }` or `{ file: PATH }`; keys of accounts and `server.tokenKey` have to be. A file's last line
 * end is no part of its value, and what is empty counts as missing. Where a number or a boolean is wanted, the text is converted.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`), and nothing else whatever the file is. The message has a line for every problem,
 *   `cloudlink.yaml:7:12: …`, by place, ten at most; `details` has `file`, `line` and `column` of the first. No value that came from a
 *   variable or a file is in it, nor one that stands where a secret belongs. `checkConfiguration` gives all of them.
 */
export async function readConfiguration(request: ConfigurationSource): Promise<Configuration> {
  const { configuration, problems, origin } = await examineConfiguration(request);
  if (configuration === undefined) throw yamlError(origin.yaml.file, problems);
  rememberOrigin(configuration, origin);
  return configuration;
}
