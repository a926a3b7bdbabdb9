import { composeConfiguration, readConfiguration } from "@cloudlink/config";
import { createNexus } from "@cloudlink/nexus";
import awsPlugin from "@cloudlink/provider-aws";
import { type Connection, type ConnectionSettings, DEFAULT_TIMEOUT_MS } from "./connection.ts";
import { kernelConnection } from "./kernel-connection.ts";

/** The providers that the shell comes with, for a configuration to choose from and set up. */
export const plugins = [awsPlugin];

/**
 * A kernel in this process with the accounts of a cloudlink.yaml.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a file that cannot be used, with a line for each mistake.
 */
export async function connectAsConfigured(
  path: string,
  { telemetry }: Pick<ConnectionSettings, "telemetry">,
): Promise<Connection> {
  const configuration = await readConfiguration({ path });
  const composition = await composeConfiguration(configuration, { plugins });
  const nexus = createNexus({ defaultTimeoutMs: DEFAULT_TIMEOUT_MS, ...composition, telemetry });
  return kernelConnection(nexus, {
    tenant: configuration.tenant,
    sharesOperations: composition.tokenKey !== undefined,
  });
}
