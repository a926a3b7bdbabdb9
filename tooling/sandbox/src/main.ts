#!/usr/bin/env node
import { parseArgs } from "node:util";
import { createSandbox, type Sandbox, type SandboxSettings } from "./sandbox.ts";

const HELP = `A stand-in AWS on 127.0.0.1: EC2 and STS over the real wire protocol.

  --port N       port of 127.0.0.1 (default 4599; 0: any free one)
  --count N      adds a fleet of N living instances in account 111111111111, us-east-1
  --seed TEXT    what all the invented data and lives follow from (default cloudlink)
  --indented     answers with the whitespace of the real service
  --ready-json   prints one line of JSON when ready, for programs that start it
                 (also SANDBOX_READY_JSON=1)

Runs until SIGINT or SIGTERM.
`;

interface Options {
  readonly settings: SandboxSettings;
  readonly readyJson: boolean;
}

function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "4599" },
      count: { type: "string", default: "0" },
      seed: { type: "string", default: "cloudlink" },
      indented: { type: "boolean", default: false },
      "ready-json": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const count = wholeNumber("--count", { text: values.count, max: 1_000_000 });
  return {
    readyJson: values["ready-json"] || process.env.SANDBOX_READY_JSON === "1",
    settings: {
      port: wholeNumber("--port", { text: values.port, max: 65_535 }),
      seed: values.seed,
      indented: values.indented,
      population: true,
      ...(count === 0 ? {} : { fleet: { account: "111111111111", region: "us-east-1", count } }),
    },
  };
}

function wholeNumber(flag: string, given: { text: string; max: number }): number {
  const value = Number(given.text);
  if (given.text !== "" && Number.isInteger(value) && value >= 0 && value <= given.max) return value;
  throw new RangeError(`${flag} ${given.text}: give a whole number from 0 to ${given.max}`);
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

function greeting(sandbox: Sandbox): string {
  const accounts = sandbox.accounts.map(({ id, accessKeys: [key] = [] }) =>
    key === undefined
      ? `  ${id}  (no key)`
      : `  ${id}  export AWS_ACCESS_KEY_ID=${key.accessKeyId} AWS_SECRET_ACCESS_KEY=${key.secretAccessKey} AWS_REGION=us-east-1`,
  );
  return [
    `Sandbox AWS at ${sandbox.endpoint}: ${sandbox.instances.size} instances. Keys, invented, good here only:`,
    ...accounts,
    "Try, with the first line above in the environment:",
    `  npx -y pnpm@10 cloudlink list --endpoint ${sandbox.endpoint}`,
    "Ctrl-C ends it.",
  ].join("\n");
}

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const sandbox = await createSandbox(options.settings);
  // Before the line that says it is ready: who reads that line may end the sandbox at once.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void sandbox.close());
  }
  process.stdout.write(`${options.readyJson ? readyJson(sandbox) : greeting(sandbox)}\n`);
}

run().catch((error: unknown) => {
  const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`sandbox: ${message}${taken ? ": choose another port with --port, or 0 for a free one" : ""}\n`);
  process.exitCode = 1;
});
