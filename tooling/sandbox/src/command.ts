import { parseArgs } from "node:util";
import { createSandbox, type Sandbox, type SandboxSettings } from "./sandbox.ts";

/** How a program that is this command is called, and where it differs. */
export interface CommandSettings {
  readonly name: string;
  /** What `--limits` is when it is not given. */
  readonly limits: "published" | "off";
}

/** It was called wrongly: exit code 2, as for the `cloudlink` command. */
class UsageError extends Error {}

const help = ({
  name,
  limits,
}: CommandSettings) => `A stand-in AWS on 127.0.0.1: EC2 and STS over the real wire protocol.

Usage: ${name} [options]

  --port N        port of 127.0.0.1 (default 4599; 0: any free one)
  --count N       adds a fleet of N living instances in account 111111111111, us-east-1
  --seed TEXT     what all the invented data and lives follow from (default cloudlink)
  --limits MODE   published: AWS's token buckets per account and region; off: none (default ${limits})
  --indented      answers with the whitespace of the real service
  --ready-json    prints one line of JSON when ready, for programs that start it
                  (also SANDBOX_READY_JSON=1)
  --help          prints this

Runs until SIGINT or SIGTERM, and ends with 0. Ends with 2 when called wrongly, with 1 when it cannot start.
`;

interface Options {
  readonly settings: SandboxSettings;
  readonly readyJson: boolean;
}

/** @returns undefined when only help was asked for. @throws UsageError */
function readOptions(args: readonly string[], command: CommandSettings): Options | undefined {
  const values = parse(args, command);
  if (values.help) return undefined;
  const count = wholeNumber("--count", { text: values.count, max: 1_000_000 });
  const { limits } = values;
  if (limits !== "published" && limits !== "off") throw new UsageError(`--limits ${limits}: give published or off`);
  return {
    readyJson: values["ready-json"] || process.env.SANDBOX_READY_JSON === "1",
    settings: {
      port: wholeNumber("--port", { text: values.port, max: 65_535 }),
      seed: values.seed,
      indented: values.indented,
      limits,
      population: true,
      ...(count === 0 ? {} : { fleet: { account: "111111111111", region: "us-east-1", count } }),
    },
  };
}

function parse(args: readonly string[], command: CommandSettings) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string", default: "4599" },
        count: { type: "string", default: "0" },
        seed: { type: "string", default: "cloudlink" },
        limits: { type: "string", default: command.limits },
        indented: { type: "boolean", default: false },
        "ready-json": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    // Node says what is wrong in its first sentence, and then how its own parser wants `--` used.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(". ")[0]);
  }
}

function wholeNumber(flag: string, given: { text: string; max: number }): number {
  if (/^\d{1,7}$/.test(given.text) && Number(given.text) <= given.max) return Number(given.text);
  throw new UsageError(`${flag} ${given.text}: give a whole number from 0 to ${given.max}`);
}

/** What a program that started the sandbox needs: the keys are invented and open nothing but this process. */
function readyJson(sandbox: Sandbox): string {
  const accounts = sandbox.accounts.map(({ id, accessKeys = [], roles = [] }) => ({
    id,
    accessKeys: accessKeys.map(({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey })),
    roles: roles.map(({ name, externalId }) => ({ arn: `arn:aws:iam::${id}:role/${name}`, externalId })),
  }));
  return JSON.stringify({ endpoint: sandbox.endpoint, accounts });
}

function greeting(sandbox: Sandbox, settings: SandboxSettings): string {
  const accounts = sandbox.accounts.map(({ id, accessKeys: [key] = [] }) =>
    key === undefined
      ? `  ${id}  (no key)`
      : `  ${id}  export AWS_ACCESS_KEY_ID=${key.accessKeyId} AWS_SECRET_ACCESS_KEY=${key.secretAccessKey} AWS_REGION=us-east-1`,
  );
  const limits = settings.limits === "published" ? "AWS's published rate limits" : "no rate limits";
  return [
    `Sandbox AWS at ${sandbox.endpoint}: ${sandbox.instances.size} instances, ${limits}. Keys, invented, good here only:`,
    ...accounts,
    "Try, with the first line above in the environment:",
    `  npx -y pnpm@10 cloudlink list --endpoint ${sandbox.endpoint}`,
    "Ctrl-C ends it.",
  ].join("\n");
}

async function run(command: CommandSettings): Promise<void> {
  const options = readOptions(process.argv.slice(2), command);
  if (options === undefined) {
    process.stdout.write(help(command));
    return;
  }
  const ended = Promise.withResolvers<void>();
  // Before anything else: a signal ends with 0 while the population is still being made, too.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.resolve());
  const sandbox = await createSandbox(options.settings);
  void ended.promise.then(() => sandbox.close());
  process.stdout.write(`${options.readyJson ? readyJson(sandbox) : greeting(sandbox, options.settings)}\n`);
}

/** Runs the command with the arguments of this process, and sets its exit code. */
export function runCommand(command: CommandSettings): void {
  run(command).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const advice = taken ? ": choose another port with --port, or 0 for a free one" : "";
    const more = error instanceof UsageError ? ` (${command.name} --help lists the options)` : "";
    process.stderr.write(`${command.name}: ${message}${advice}${more}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  });
}
