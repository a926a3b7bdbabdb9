import type { ProviderPlugin } from "@cloudlink/core";
import { yamlError } from "@cloudlink/yaml";
import type { Composition } from "./composition.ts";
import type { Configuration } from "./configuration.ts";
import { configuredCredentials } from "./configured-credentials.ts";
import { configuredLimits } from "./configured-limits.ts";
import { originOf } from "./origins.ts";
import { prepare } from "./prepare.ts";

/** What {@link composeConfiguration} takes beside the configuration. */
export interface ComposeRequest {
  /** The providers that the program brings, as their packages export them by `default`. No two of one name. */
  readonly plugins: readonly ProviderPlugin[];
}

/**
 * Makes of a configuration what a kernel is made with: `createNexus({ ...composition })`.
 *
 * Providers are those that the configuration names, or all that the program brings. Each account gets leases as its `credentials` say, for the
 * configuration's tenant; for any other account, role or tenant there are none. Without `accounts` in the configuration both are left
 * out, and the kernel uses the account that the ambient credentials belong to.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for settings that a provider does not take, and accounts whose provider, partition or keys
 *   there are not: told as `readConfiguration` tells, with line and column of the file. `internal` (`ErrProviderFault`) for a plugin that throws
 *   something else. Providers that were made by then are closed.
 */
export async function composeConfiguration(
  configuration: Configuration,
  request: ComposeRequest,
): Promise<Composition> {
  const origin = await originOf(configuration);
  const prepared = await prepare({ configuration, plugins: request.plugins, origin });
  if (prepared.problems !== undefined) throw yamlError(origin.yaml.file, prepared.problems);
  const { providers, accounts } = prepared;
  const { tenant, limits, server } = configuration;
  return concealed({
    providers,
    ...(accounts !== undefined && {
      accounts: Object.freeze(accounts.map(({ account }) => account)),
      credentials: configuredCredentials({ tenant, accounts: accounts.map(({ credentialed }) => credentialed) }),
      ...configuredLimits(accounts),
    }),
    ...(server.tokenKey !== undefined && { tokenKey: server.tokenKey.reveal() }),
    ...(limits.timeoutMs !== undefined && { defaultTimeoutMs: limits.timeoutMs }),
    ...(limits.concurrency !== undefined && { concurrency: limits.concurrency }),
  });
}

/** Keeps the token key out of what is printed. A kernel takes bytes, and bytes print. */
function concealed(composition: Composition): Composition {
  const shown = () => ({ ...composition, ...(composition.tokenKey !== undefined && { tokenKey: "[secret]" }) });
  Object.defineProperties(composition, {
    toJSON: { value: shown },
    [Symbol.for("nodejs.util.inspect.custom")]: { value: shown },
  });
  return Object.freeze(composition);
}
