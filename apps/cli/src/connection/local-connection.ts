import { createNexus, type Nexus } from "@cloudlink/nexus";
import { aws } from "@cloudlink/provider-aws";
import { createAccountLogins } from "./account-logins.ts";
import { type ConnectionSettings, DEFAULT_TIMEOUT_MS } from "./connect.ts";
import { loginsOf } from "./login-options.ts";

/** A kernel in this process, with every provider that the shell comes with. */
export async function connectLocally(settings: ConnectionSettings): Promise<Nexus> {
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
  return createNexus({
    providers,
    ...(logins !== undefined && createAccountLogins({ logins, providers, telemetry })),
    telemetry,
    defaultTimeoutMs: DEFAULT_TIMEOUT_MS,
  });
}
