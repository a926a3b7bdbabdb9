import { type Command, InvalidArgumentError, Option } from "commander";
import { durationText, parseDuration } from "./duration.ts";
import { type OutputForm, outputForms } from "./output/row-writer.ts";
import type { Assignment } from "./selection.ts";
import { SHORTEST_INTERVAL_MS } from "./shortest-interval.ts";

/** What every command takes. */
export interface CommonOptions {
  readonly output: OutputForm;
  /** Implies the output; beside another one that was written out it contradicts it. */
  readonly json?: boolean;
  readonly fields?: readonly string[];
  readonly rawCsv?: boolean;
  /** `false` after `--no-color`. */
  readonly color: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Where the calls of a command go; see `callPlace`. */
export interface PlaceOptions {
  /** A server's URL. */
  readonly server?: string;
  /** Path of a cloudlink.yaml. */
  readonly config?: string;
}

/** What commands that reach a vendor take; `list` alone takes accounts and regions. */
export interface ConnectionOptions extends PlaceOptions {
  readonly endpoint?: string;
  readonly profile?: readonly string[];
  readonly roleArn?: string;
  readonly externalId?: string;
  readonly account?: readonly string[];
  readonly region?: readonly string[];
  /** In milliseconds. */
  readonly timeout?: number;
}

/** What commands that read resources take. */
export interface ReadOptions {
  readonly view?: string;
  /** The oldest answer that will do, in milliseconds. */
  readonly maxAge?: number;
  /** The same as a `maxAge` of 0, and never beside one. */
  readonly live?: boolean;
}

export interface GetOptions extends CommonOptions, ConnectionOptions, ReadOptions {
  readonly native?: boolean;
  /** In milliseconds. */
  readonly staleWhileRevalidate?: number;
  /** In milliseconds. */
  readonly staleIfError?: number;
}

export interface ListOptions extends CommonOptions, ConnectionOptions, ReadOptions {
  readonly kind: string;
  readonly where?: readonly Assignment[];
  readonly tag?: readonly Assignment[];
  readonly pageSize?: number;
  readonly limit?: number;
}

export interface ActOptions extends CommonOptions, ConnectionOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly idempotencyKey?: string;
}

export interface OperationOptions extends CommonOptions, ConnectionOptions {
  readonly wait?: boolean;
}

export interface WaitOptions extends CommonOptions, ConnectionOptions {
  readonly for: readonly Assignment[];
  /** In milliseconds. */
  readonly interval: number;
}

/** What every command about a cache takes. */
export interface CacheOptions extends CommonOptions {
  /** A server's URL. */
  readonly server?: string;
  /** In milliseconds. */
  readonly timeout?: number;
}

/** What is to be forgotten: what has all of it. */
export interface InvalidateOptions extends CacheOptions {
  readonly ref?: string;
  readonly kind?: string;
  readonly provider?: string;
  readonly account?: string;
  readonly region?: string;
  readonly tag?: readonly Assignment[];
  readonly all?: boolean;
}

export function addCommonOptions(command: Command): Command {
  return command
    .addOption(new Option("-o, --output <form>", "how to print").choices(outputForms).default("table"))
    .addOption(new Option("--json", "the same as -o json").implies({ output: "json" }))
    .option("--fields <paths>", "only these fields, such as id,powerState,size.name,tags.Name", fieldList)
    .option("--raw-csv", "leave csv cells alone that a spreadsheet takes for a formula")
    .option("--no-color", "no colours; NO_COLOR does the same")
    .option("-q, --quiet", "no summary and no progress on stderr")
    .option("--verbose", "every vendor request and retry, on stderr");
}

/** For commands that are for a server alone. */
export function addServerOptions(command: Command): Command {
  return command
    .option("--server <url>", "the server; CLOUDLINK_SERVER does the same")
    .option("--timeout <duration>", "the deadline, such as 800ms, 2s or 1m", duration);
}

/** @param settings.timeoutMs - the deadline where `--timeout` sets none; left out, the one that each call has. */
export function addConnectionOptions(command: Command, settings: { readonly timeoutMs?: number } = {}): Command {
  const { timeoutMs } = settings;
  const timeout = new Option("--timeout <duration>", "the deadline, such as 800ms, 2s or 1m").argParser(duration);
  return addPlaceOptions(command)
    .addOption(timeoutMs === undefined ? timeout : timeout.default(timeoutMs, durationText(timeoutMs)))
    .option("--endpoint <url>", "the vendor's endpoint, in place of its public one", endpoint)
    .option("--profile <name>", "a profile of the vendor's configuration; repeat for several accounts", repeated)
    .option("--role-arn <arn>", "assume this role; {account} in it stands for the id of each --account")
    .option("--external-id <id>", "what the role's trust policy asks for");
}

export function addReadOptions(command: Command): Command {
  return command
    .option("--view <name>", "how much of each resource; see `cloudlink describe`")
    .option("--max-age <duration>", "the oldest answer that will do, such as 30s; 0 is live", age)
    .addOption(new Option("--live", "ask the vendor now, the same as --max-age 0").conflicts("maxAge"));
}

/** For reads of resources that are named: older answers that will do all the same. */
export function addStaleOptions(command: Command): Command {
  const revalidate = new Option(
    "--stale-while-revalidate <duration>",
    "by how much older it may be, to come at once while a newer one is fetched",
  );
  return command
    .addOption(revalidate.argParser(age).conflicts("live"))
    .option("--stale-if-error <duration>", "by how much older it may be where the vendor has a fault", age);
}

/** Where the kinds and providers are that a command knows, and where its calls go. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option("--server <url>", "call through this server; CLOUDLINK_SERVER does the same")
    .option("--config <file>", "accounts and settings of this cloudlink.yaml; CLOUDLINK_CONFIG does the same");
}

export function addAccountOptions(command: Command): Command {
  return command
    .option("--account <id>", "look in this account; repeat for several", repeated)
    .option("--region <name>", "look in this region; repeat for several", repeated);
}

/** For options that may be repeated, and take several values parted by commas. */
function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...fieldList(text)];
}

function fieldList(text: string): readonly string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.includes("")) throw new InvalidArgumentError("Write names parted by commas.");
  return parts;
}

/** For `name=value`, repeatable. The first `=` parts them: a value may have more. */
export function assignment(text: string, before: readonly Assignment[] = []): readonly Assignment[] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write name=value.");
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}

/** For durations with their unit. */
function duration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new InvalidArgumentError("Write a number with ms, s, m or h: 800ms, 2s, 1.5m.");
  return milliseconds;
}

/** For how old something may be: nothing at all needs no unit. */
function age(text: string): number {
  return text === "0" ? 0 : duration(text);
}

/** For how often to ask. */
export function interval(text: string): number {
  const intervalMs = duration(text);
  if (intervalMs >= SHORTEST_INTERVAL_MS) return intervalMs;
  throw new InvalidArgumentError(`Ask no more often than every ${durationText(SHORTEST_INTERVAL_MS)}.`);
}

/** For whole numbers from 1 on. */
export function positiveInteger(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError("Write a whole number, 1 or more.");
  }
  return number;
}

function endpoint(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError("Write an http or https URL, such as http://127.0.0.1:5000.");
  }
  return text;
}
