import type { Nexus } from "@cloudlink/nexus";
import type { Sandbox } from "@cloudlink/sandbox";
import { type RunningServer, startServer } from "@cloudlink/server";
import { type DestinationStream, type Logger, pino } from "pino";

/** What the server is shown on. */
export interface Showcase {
  readonly nexus: Nexus;
  readonly sandbox: Sandbox;
  readonly port: number;
  print(line: string): void;
  /** Where failures are logged. */
  readonly logTo: DestinationStream;
}

/**
 * Starts the reference server on a sandbox, and prints what to try.
 *
 * @throws Error that says how to choose another port, when this one is taken.
 */
export async function serve({ nexus, sandbox, port, print, logTo }: Showcase): Promise<RunningServer> {
  const logger = pino({ level: "warn", base: null, timestamp: pino.stdTimeFunctions.isoTime }, logTo);
  const server = await listen({ nexus, port, logger });
  const example = sandbox.instances
    .list()
    .find(({ state, account }) => state === "running" && account === "111111111111");
  print(whatToTry({ url: server.url, arn: example?.arn ?? "", sandbox }));
  return server;
}

async function listen(settings: {
  readonly nexus: Nexus;
  readonly port: number;
  readonly logger: Logger;
}): Promise<RunningServer> {
  const { port } = settings;
  try {
    return await startServer(settings);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new Error(
      `port ${port} is taken by another program. Choose another: npx -y pnpm@10 start --port ${port + 1}, or --port 0 for any that is free.`,
      { cause: error },
    );
  }
}

/** Every indented line works as it is pasted. */
function whatToTry({ url, arn, sandbox }: { url: string; arn: string; sandbox: Sandbox }): string {
  const stop = `curl -s -X POST '${url}/v1/actions' -H 'content-type: application/json' -d '{"ref":"${arn}","action":"stop"}'`;
  const kept = `curl -s '${url}/v1/resource?ref=${arn}&maxAgeMs=60000' | grep -oE '"(freshness|stats)":\\{[^}]*\\}'`;
  const twice = `for i in 1 2; do ${kept}; done`;
  return `
CloudLink serves a sandbox AWS: ${sandbox.instances.size} instances in ${sandbox.accounts.length} accounts, no credentials of yours.

One machine, asked about now:

  curl -s '${url}/v1/resource?ref=${arn}&maxAgeMs=0'

The same twice, where what was seen within a minute will do. The second answer is from memory ("source":"memory"), and
no vendor was called for it ("vendorCalls":0); what is kept, and how often that answered, is counted:

  ${twice}
  curl -s '${url}/v1/cache'

Every machine that runs, a line each, as it arrives (\`start --count 10000\` has more of them):

  curl -sN -H 'accept: application/x-ndjson' '${url}/v1/resources?kind=compute.VirtualMachine&where=powerState=running'

Stop it, which takes some five seconds, and ask how that stands:

  operation=$(${stop} -o /dev/null -D - | tr -d '\\r' | sed -n 's/^location: //p')
  curl -s "${url}$operation"

Whether it would be allowed, and as whom; and what a failure looks like:

  ${stop.replace('"stop"', '"stop","dryRun":true')}
  curl -s '${url}/v1/resource?ref=nonsense'

The same at the shell:

  npx -y pnpm@10 cloudlink list --server ${url} --where powerState=running -o wide
  npx -y pnpm@10 cloudlink get ${arn} --server ${url} --live
  npx -y pnpm@10 cloudlink get ${arn} --server ${url} --max-age 1m
  npx -y pnpm@10 cloudlink cache stats --server ${url}

Documentation to read and to try: ${url}/docs (OpenAPI: ${url}/openapi.json)
Ctrl-C ends it. \`npx -y pnpm@10 start --help\` has more.`;
}
