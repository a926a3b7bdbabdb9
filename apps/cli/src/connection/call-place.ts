import type { ConnectionOptions } from "../command-options.ts";
import { usageError } from "../usage-error.ts";

/** Where a command's calls go: to a server, to the accounts of a configuration, or, where both are left out, as the vendor's own tools do. */
export interface CallPlace {
  /** A server's URL. */
  readonly server?: string | undefined;
  /** Path of a cloudlink.yaml. */
  readonly config?: string | undefined;
}

/** What says how this process itself calls a vendor; a server and a configuration have that for themselves. */
const ownCallOptions = [
  ["endpoint", "--endpoint"],
  ["profile", "--profile"],
  ["roleArn", "--role-arn"],
  ["externalId", "--external-id"],
] as const satisfies readonly (readonly [keyof ConnectionOptions, string])[];

/**
 * What `--server` and `--config` say, or else `CLOUDLINK_SERVER` and `CLOUDLINK_CONFIG`. An option beats a variable that says otherwise: it
 * was written for this command. A file in the current folder is never looked for: it could send credentials where its author likes.
 *
 * @throws `invalid_argument` for a server and a configuration at once, for options of this process's own calls beside either, and for a
 *   server that is no URL.
 */
export function callPlace(options: ConnectionOptions, env: Readonly<Record<string, string | undefined>>): CallPlace {
  const written = options.server !== undefined || options.config !== undefined;
  const [serverName, configName] = written ? ["--server", "--config"] : ["CLOUDLINK_SERVER", "CLOUDLINK_CONFIG"];
  // A variable that is empty is none, as most tools have it.
  const { server, config } = written
    ? options
    : { server: env.CLOUDLINK_SERVER || undefined, config: env.CLOUDLINK_CONFIG || undefined };
  if (server === undefined && config === undefined) return {};
  if (server !== undefined && config !== undefined) {
    throw usageError(`${serverName} and ${configName} contradict each other: a server has its own configuration.`);
  }
  const name = server === undefined ? configName : serverName;
  const contradicted = ownCallOptions.find(([option]) => options[option] !== undefined);
  if (contradicted !== undefined) {
    const [, flag] = contradicted;
    const reason =
      server === undefined ? "the configuration says how vendors are called" : "it is the server that calls vendors";
    throw usageError(`${flag} and ${name} contradict each other: ${reason}. Leave one of them out.`);
  }
  if (server !== undefined && !isHttpUrl(server)) {
    throw usageError(`${name} is an http or https URL, such as http://127.0.0.1:8080.`);
  }
  return server === undefined ? { config } : { server };
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol);
}
