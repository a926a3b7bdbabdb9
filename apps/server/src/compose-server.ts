import { type ConfiguredCache, type ConfiguredRedis, composeConfiguration, readConfiguration } from "@cloudlink/config";
import { CloudLinkError, type ProviderPlugin } from "@cloudlink/core";
import { createNexus, type Nexus, type NexusSettings } from "@cloudlink/nexus";
import awsPlugin, { aws } from "@cloudlink/provider-aws";
import type { ServerOptions } from "./command-line.ts";
import { composeStores, type KernelStores } from "./compose-stores.ts";
import { checkAddress } from "./loopback.ts";
import type { ServerSettings } from "./server-settings.ts";

/** Every provider that the server comes with. */
const plugins: readonly ProviderPlugin[] = [awsPlugin];

/** What {@link composeServer} makes: settings of a server, and what is ended after it. */
export interface ComposedServer extends AsyncDisposable {
  readonly settings: ServerSettings;
  /** Ends the kernel, then what it keeps things in. Called again, it gives the same promise. */
  close(): Promise<void>;
}

/** The kernel and the settings of the server that a command line, and the configuration it names, come to. */
export async function composeServer(options: ServerOptions): Promise<ComposedServer> {
  const { redisUrl } = options;
  const given = {
    ...(options.address !== undefined && { address: options.address }),
    ...(options.port !== undefined && { port: options.port }),
  };
  // Before anything is made that would have to be ended again.
  if (options.address !== undefined) checkAddress(options.address);
  if (options.config === undefined) {
    const redis = redisUrl && { url: redisUrl };
    const making = compose({ cache: { enabled: true }, redis }, async () => ({ providers: [aws()] }));
    const composed = await making.catch((error: unknown) => {
      throw redisUrl !== undefined && CloudLinkError.isInstance(error) ? unusable(error) : error;
    });
    return { ...composed, settings: { nexus: composed.nexus, ...given } };
  }
  const configuration = await readConfiguration({ path: options.config });
  const { tenant, cache, redis, server } = configuration;
  const composed = await compose({ cache, redis }, () => composeConfiguration(configuration, { plugins }));
  const { address, port, maxConcurrentCalls, maxTimeoutMs, drainMs } = server;
  const settings = { nexus: composed.nexus, tenant, address, port, maxConcurrentCalls, maxTimeoutMs, drainMs };
  return { ...composed, settings: { ...settings, ...given } };
}

/** Says where it stands, which whoever set it for another program would not think of. */
function unusable({ rawMessage }: CloudLinkError): CloudLinkError {
  const message = `The variable REDIS_URL of the environment cannot be used: ${rawMessage}`;
  return new CloudLinkError({ reason: "ErrInvalidSettings", message, origin: "caller" });
}

async function compose(
  kept: { readonly cache: ConfiguredCache; readonly redis: ConfiguredRedis | undefined },
  composeRest: () => Promise<Omit<NexusSettings, Exclude<keyof KernelStores, "limits">>>,
): Promise<AsyncDisposable & { readonly nexus: Nexus; close(): Promise<void> }> {
  // Providers come last: whatever fails before has made none that somebody would have to end.
  const { stores, close: closeStores } = await composeStores(kept);
  let nexus: Nexus;
  try {
    const rest = await composeRest();
    // What a limit is says the configuration, and where it is kept, the stores.
    nexus = createNexus({ ...rest, ...stores, limits: { ...rest.limits, ...stores.limits } });
  } catch (error) {
    await closeStores();
    throw error;
  }
  const end = async () => {
    // What the kernel still does as it ends, such as to give back a lease, goes to the stores.
    await nexus.close();
    await closeStores();
  };
  let ended: Promise<void> | undefined;
  const close = () => {
    ended ??= end();
    return ended;
  };
  return { nexus, close, [Symbol.asyncDispose]: close };
}
