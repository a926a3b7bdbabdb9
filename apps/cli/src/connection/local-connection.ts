import { createNexus } from "@cloudlink/nexus";
import { aws } from "@cloudlink/provider-aws";
import { createAccountLogins } from "./account-logins.ts";
import { type Connection, type ConnectionSettings, DEFAULT_TIMEOUT_MS } from "./connection.ts";
import { kernelConnection } from "./kernel-connection.ts";
import { loginsOf } from "./login-options.ts";

/** A kernel in this process, with every provider that the shell comes with. */
export async function connectLocally(settings: ConnectionSettings): Promise<Connection> {
  const { endpoint, regions, profiles, roleArn, externalId, telemetry } = settings;
  const logins = loginsOf(settings);
  const [profile] = profiles;
  const provider = aws({
    ...(endpoint !== undefined && { endpoint }),
    ...(regions.length > 0 && { regions }),
    // With a login for each account, it is the login that says who calls.
    ...(logins === undefined && profile !== undefined && { profile }),
    ...(logins === undefined && roleArn !== undefined && { roleArn }),
    ...(logins === undefined && externalId !== undefined && { externalId }),
  });
  const providers = [provider];
  const nexus = createNexus({
    providers,
    ...(logins !== undefined && createAccountLogins({ logins, providers, telemetry })),
    telemetry,
    defaultTimeoutMs: DEFAULT_TIMEOUT_MS,
  });
  return kernelConnection(nexus, { sharesOperations: false });
}
