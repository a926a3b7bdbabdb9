import { parseArgs } from "node:util";
import { Secret } from "@cloudlink/core";
import { packageVersion } from "./package-version.ts";

const HELP = `Serves the live state of cloud resources over HTTP, to this machine alone.

  cloudlink-server [--config FILE] [--address ADDRESS] [--port PORT]

  --config FILE          a cloudlink.yaml (or CLOUDLINK_CONFIG). Left out: the accounts that the
                         environment's own credentials lead to, by every provider there is
  --address ADDRESS      a loopback address, in place of the configuration's (default 127.0.0.1)
  --port PORT            in place of the configuration's (default 8080; 0: any free one)
  --log-level LEVEL      trace, debug, info, warn, error or silent (default info)
  --log-to STREAM        stdout or stderr (default stdout)
  --version              prints the version
  -h, --help             prints this

With no configuration, REDIS_URL in the environment names a Redis that servers share what they keep
by; a configuration has "redis" for that.

It runs until SIGTERM or SIGINT, then lets the calls that run finish. A second signal ends it at once.
`;

const logLevels = ["trace", "debug", "info", "warn", "error", "silent"] as const;
const logStreams = ["stdout", "stderr"] as const;

/** What a command line asks for, beside what the configuration says. */
export interface ServerOptions {
  /** Path of a cloudlink.yaml. It is taken only where it is named: one that lies in the current folder could send credentials elsewhere. */
  readonly config: string | undefined;
  /** The address of a Redis. It counts where there is no configuration: what one says is all there is. */
  readonly redisUrl: Secret | undefined;
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly logLevel: (typeof logLevels)[number];
  readonly logTo: (typeof logStreams)[number];
}

/** What to do: print something and end, or serve. */
export type ServerCommand =
  | { readonly kind: "print"; readonly to: "stdout" | "stderr"; readonly text: string; readonly exitCode: number }
  | { readonly kind: "serve"; readonly options: ServerOptions };

/** Reads a command line, without the program's name in front. It never throws. */
export function readCommandLine(argv: readonly string[], environment: NodeJS.ProcessEnv): ServerCommand {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        config: { type: "string" },
        address: { type: "string" },
        port: { type: "string" },
        "log-level": { type: "string", default: "info" },
        "log-to": { type: "string", default: "stdout" },
        version: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return printed(HELP);
    if (values.version) return printed(`${packageVersion()}\n`);
    const options = {
      config: values.config ?? (environment.CLOUDLINK_CONFIG || undefined),
      redisUrl: environment.REDIS_URL ? new Secret(environment.REDIS_URL) : undefined,
      address: values.address,
      port: values.port === undefined ? undefined : portOf(values.port),
      logLevel: oneOf("--log-level", { given: values["log-level"], words: logLevels }),
      logTo: oneOf("--log-to", { given: values["log-to"], words: logStreams }),
    };
    return { kind: "serve", options };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const text = `cloudlink-server: ${message}\nSee cloudlink-server --help.\n`;
    // 2 for a command line that makes no sense, as shells have it.
    return { kind: "print", to: "stderr", text, exitCode: 2 };
  }
}

function printed(text: string): ServerCommand {
  return { kind: "print", to: "stdout", text, exitCode: 0 };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new RangeError("--port is a whole number from 0 to 65535.");
}

function oneOf<Word extends string>(flag: string, { given, words }: { given: string; words: readonly Word[] }): Word {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw new RangeError(`${flag} is one of ${words.join(", ")}.`);
}
