import type { ProviderPlugin } from "@cloudlink/core";
import type { ConfigurationProblem, ConfigurationSource } from "./configuration-source.ts";
import { examineConfiguration } from "./examine-configuration.ts";
import { closeProviders, prepare } from "./prepare.ts";

/** What {@link checkConfiguration} takes. */
export type CheckConfigurationRequest = ConfigurationSource & {
  /** The providers that the program brings. Left out, the settings of providers are not looked at, nor what depends on a provider. */
  readonly plugins?: readonly ProviderPlugin[];
};

/**
 * Finds everything that keeps a cloudlink.yaml from being used, for a command that shows it. Providers are made for it where nothing else is wrong, and
 * closed; no vendor is called.
 *
 * @returns the problems, by place; none if the configuration can be used.
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a file that cannot be read or is too large; `internal` (`ErrProviderFault`) for
 *   a plugin that fails.
 */
export async function checkConfiguration(request: CheckConfigurationRequest): Promise<readonly ConfigurationProblem[]> {
  const { configuration, problems, origin } = await examineConfiguration(request);
  if (configuration === undefined || request.plugins === undefined) return problems;
  const prepared = await prepare({ configuration, plugins: request.plugins, origin });
  if (prepared.problems !== undefined) return prepared.problems;
  await closeProviders(prepared.providers);
  return [];
}
