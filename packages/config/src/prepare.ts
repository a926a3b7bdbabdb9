import { background, type Provider, type ProviderPlugin, quote, untilDone } from "@cloudlink/core";
import type { YamlProblem } from "@cloudlink/yaml";
import type { Configuration } from "./configuration.ts";
import { inOrder, type Origin } from "./examine-configuration.ts";
import { type PreparedAccount, prepareAccounts } from "./prepare-accounts.ts";
import { type PreparedPlugin, prepareProviders, providerFault } from "./provider-settings.ts";

/** How long a provider that is not used after all may take to close. It has made no connection yet. */
const CLOSE_TIMEOUT_MS = 5_000;

/** What a configuration comes to in a program, or all that keeps it from coming to that. Whoever gets `providers` closes them. */
export type Prepared =
  | { readonly problems: readonly YamlProblem[]; readonly providers?: undefined }
  | {
      readonly problems?: undefined;
      readonly providers: readonly Provider[];
      readonly accounts: readonly PreparedAccount[] | undefined;
    };

/** Makes the providers of a configuration, and holds its accounts against what they declare. */
export async function prepare(request: {
  readonly configuration: Configuration;
  readonly plugins: readonly ProviderPlugin[];
  readonly origin: Origin;
}): Promise<Prepared> {
  const { prepared, problems } = await prepareProviders(request);
  if (problems.length > 0) return { problems: inOrder(problems) };
  const providers = await createProviders(prepared);
  const checked = prepareAccounts({ ...request, providers });
  if (checked.problems.length === 0) return { providers, accounts: checked.accounts };
  await closeProviders(providers);
  return { problems: inOrder(checked.problems) };
}

async function createProviders(prepared: readonly PreparedPlugin[]): Promise<readonly Provider[]> {
  const providers: Provider[] = [];
  for (const { plugin, settings } of prepared) {
    try {
      providers.push(plugin.create(settings));
    } catch (error) {
      await closeProviders(providers);
      throw providerFault(`create() of the provider ${quote(plugin.name)} failed.`, { plugin, cause: error });
    }
  }
  return providers;
}

/** Closes providers that are not used. How that goes is no news beside the reason they are not. */
export async function closeProviders(providers: readonly Provider[]): Promise<void> {
  using ctx = background().withTimeout(CLOSE_TIMEOUT_MS).withCancel();
  await Promise.allSettled(providers.map((provider) => untilDone(ctx, (async () => await provider.close())())));
}
