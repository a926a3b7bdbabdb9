import { parseArgs } from "node:util";

export const HELP = `A sandbox AWS and the reference server on it, until Ctrl-C.

  npx -y pnpm@10 start [--port N] [--count N] [--limits published|off] [--once]

  --port N      port of the server, on 127.0.0.1 (default 8080; 0: any free one)
  --count N     adds N instances to account 111111111111, us-east-1
  --limits X    published: the sandbox keeps AWS's token buckets (default); off: it answers all there is
  --once        shows a list, a get and what memory answers, without a server, and ends`;

/** What `pnpm start` is asked for. */
export interface DemoOptions {
  readonly help: boolean;
  readonly once: boolean;
  readonly port: number;
  readonly count: number;
  readonly limits: "published" | "off";
}

/** @throws Error that says what to write instead. */
export function readOptions(argv: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    // Npm's way of handing options on; pnpm hands the two dashes on as well.
    args: argv[0] === "--" ? argv.slice(1) : [...argv],
    options: {
      help: { type: "boolean", short: "h", default: false },
      once: { type: "boolean", default: false },
      port: { type: "string", default: "8080" },
      count: { type: "string", default: "0" },
      limits: { type: "string", default: "published" },
    },
  });
  const { help, once, limits } = values;
  if (limits !== "published" && limits !== "off") throw new RangeError("--limits is published or off.");
  return {
    ...{ help, once, limits },
    port: wholeNumber("--port", { text: values.port, most: 65_535 }),
    count: wholeNumber("--count", { text: values.count, most: 1_000_000 }),
  };
}

function wholeNumber(flag: string, { text, most }: { text: string; most: number }): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw new RangeError(`${flag} is a whole number from 0 to ${most}.`);
}
