import { createMemoryCache } from "@cloudlink/cache";
import { type ConfiguredCache, composeConfiguration, readConfiguration } from "@cloudlink/config";
import { type Cache, noCache, type ProviderPlugin } from "@cloudlink/core";
import { createNexus, type Nexus } from "@cloudlink/nexus";
import awsPlugin, { aws } from "@cloudlink/provider-aws";
import type { ServerOptions } from "./command-line.ts";
import { checkAddress } from "./loopback.ts";
import type { ServerSettings } from "./server-settings.ts";

/** Every provider that the server comes with. */
const plugins: readonly ProviderPlugin[] = [awsPlugin];

/** The kernel and the settings of the server that a command line, and the configuration it names, come to. */
export async function composeServer(options: ServerOptions): Promise<ServerSettings & { readonly nexus: Nexus }> {
  const given = {
    ...(options.address !== undefined && { address: options.address }),
    ...(options.port !== undefined && { port: options.port }),
  };
  // Before anything is made that would have to be ended again.
  if (options.address !== undefined) checkAddress(options.address);
  if (options.config === undefined) {
    return { nexus: createNexus({ providers: [aws()], cache: createMemoryCache() }), ...given };
  }
  const configuration = await readConfiguration({ path: options.config });
  const cache = cacheOf(configuration.cache);
  const nexus = createNexus({ ...(await composeConfiguration(configuration, { plugins })), cache });
  const { address, port, maxConcurrentCalls, maxTimeoutMs, drainMs } = configuration.server;
  return { nexus, tenant: configuration.tenant, address, port, maxConcurrentCalls, maxTimeoutMs, drainMs, ...given };
}

function cacheOf({ enabled, ...bounds }: ConfiguredCache): Cache {
  return enabled ? createMemoryCache(bounds) : noCache;
}
