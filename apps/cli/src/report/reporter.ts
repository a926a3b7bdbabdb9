import { styleText } from "node:util";
import type { CallStats, ErrorJson } from "@cloudlink/core";
import type { CommonOptions, ConnectionOptions } from "../command-options.ts";
import { durationText } from "../duration.ts";
import { exitCodeOf } from "../exit-code.ts";
import { escapeInQuotes, neutralize } from "../output/neutralize.ts";
import { roundedStats } from "../output/row.ts";
import { type OutputForm, type Problem, problemJson } from "../output/row-writer.ts";
import { createSink } from "../output/sink.ts";
import type { ShellIo } from "../shell-io.ts";
import { effectText, errorBlock, type Paint } from "./error-block.ts";
import type { Caller } from "./hint.ts";

/** What a list came to. */
export interface Summary {
  readonly rows: number;
  readonly problems: number;
  readonly stats?: CallStats | undefined;
  readonly durationMs: number;
  readonly traceId?: string | undefined;
  /** `--limit` ended it: there may be more. */
  readonly limited?: boolean;
}

/**
 * What a command says beside its answer, on stderr. With the forms `json` and `jsonl` every line there is a JSON object too:
 * `{"error": …}`, `{"problem": …}` or `{"summary": …}`; otherwise it is text for people.
 */
export interface Reporter {
  error(error: ErrorJson): Promise<void>;
  problem(problem: Problem): Promise<void>;
  summary(summary: Summary): Promise<void>;
  /** One line of what goes on, with `--verbose`. */
  detail(text: string): void;
  /** What is waited for, where a person watches; it is wiped by the next line, and by `undefined`. */
  status(text: string | undefined): void;
  /** How far a long list is; shown where a person waits and rows go elsewhere, and wiped by the next line. */
  progress(summary: Pick<Summary, "rows" | "stats">): void;
}

export interface ReporterSettings {
  readonly form: OutputForm;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  /** What `--timeout` said. */
  readonly timeoutMs?: number | undefined;
  /** What `--server` and `--config` said. */
  readonly server?: string | undefined;
  readonly config?: string | undefined;
}

/** How the reporter of a command is set up. */
export function reporterSettings(
  options: CommonOptions & Pick<ConnectionOptions, "timeout" | "server" | "config">,
): ReporterSettings {
  return {
    form: options.output,
    quiet: options.quiet === true,
    verbose: options.verbose === true,
    color: options.color,
    timeoutMs: options.timeout,
    server: options.server,
    config: options.config,
  };
}

/** No more than this many milliseconds apart: a terminal needs no more, and a list has better to do. */
const PROGRESS_EVERY_MS = 100;

export function createReporter(io: ShellIo, settings: ReporterSettings): Reporter {
  const sink = createSink(io.stderr);
  const asJson = settings.form === "json" || settings.form === "jsonl";
  const paint: Paint = colorWanted(io, settings)
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_, text) => text;
  const showsStatus = sink.isTerminal && !settings.quiet;
  // Rows on the same terminal show how far a list is, and would run into it.
  const showsProgress = showsStatus && io.stdout.isTTY !== true;
  let progressShown = false;
  let progressAt = 0;

  async function write(text: string): Promise<void> {
    const wipe = progressShown ? "\r\x1b[K" : "";
    progressShown = false;
    if (wipe + text === "") return;
    // A reader of stderr that has gone, or a full disk there, is no reason to fail; the exit code still tells.
    await sink.write(wipe + text).catch(() => {});
  }
  const writeJson = (value: unknown) => write(`${escapeInQuotes(JSON.stringify(value))}\n`);

  return {
    error(error) {
      if (asJson) return writeJson({ error });
      const exitCode = exitCodeOf(error.code, io.interrupt);
      return write(
        errorBlock(error, { exitCode, paint, timeoutMs: settings.timeoutMs, caller: callerOf(settings, io) }),
      );
    },
    problem(problem) {
      if (asJson) return writeJson({ problem: problemJson(problem) });
      const { error } = problem;
      const place =
        "ref" in problem
          ? problem.ref
          : [problem.provider, problem.partition, problem.account, problem.region].join("/");
      return write(
        `${paint("yellow", "problem:")} ${neutralize(place)}: ${error.code} (${neutralize(error.reason)}): ${neutralize(error.rawMessage)}${error.effect === undefined ? "" : ` (${effectText(error.effect)})`}\n`,
      );
    },
    async summary(summary) {
      if (settings.quiet) return;
      const { stats, durationMs } = summary;
      const rounded = { ...summary, durationMs: Math.round(durationMs), stats: stats && roundedStats(stats) };
      await (asJson ? writeJson({ summary: rounded }) : write(`${paint("dim", summaryText(summary))}\n`));
    },
    detail(text) {
      if (!settings.verbose) return;
      if (asJson) return void writeJson({ detail: text });
      for (const line of text.split("\n")) void write(`${paint("dim", neutralize(line))}\n`);
    },
    status(text) {
      if (!showsStatus) return;
      void write(text === undefined ? "" : neutralize(`${text} …`));
      progressShown = text !== undefined;
    },
    progress({ rows, stats }) {
      const now = performance.now();
      if (!showsProgress || now - progressAt < PROGRESS_EVERY_MS) return;
      progressAt = now;
      void write(`${count(rows, "row")}, ${count(stats?.vendorCalls ?? 0, "vendor call")} …`);
      progressShown = true;
    },
  };
}

/** As `callPlace` has it, of a command line that may contradict itself. */
function callerOf({ server, config }: ReporterSettings, { env }: ShellIo): Caller {
  if (server !== undefined) return "server";
  if (config !== undefined) return "configuration";
  if (env.CLOUDLINK_SERVER) return "server";
  return env.CLOUDLINK_CONFIG ? "configuration" : "shell";
}

function colorWanted(io: ShellIo, { color }: ReporterSettings): boolean {
  // https://no-color.org: the variable counts when it is present and not empty.
  return color && io.stderr.isTTY === true && !io.env.NO_COLOR && io.env.TERM !== "dumb";
}

function summaryText({ rows, problems, stats, durationMs, traceId, limited }: Summary): string {
  const parts = [
    count(rows, "row") + (limited === true ? " (--limit; there may be more)" : ""),
    ...(problems === 0 ? [] : [count(problems, "problem")]),
    ...(stats === undefined ? [] : [count(stats.vendorCalls, "vendor call"), `${stats.savedCalls} saved`]),
    ...(stats === undefined || stats.retries === 0 ? [] : [`${stats.retries} retried`]),
    durationText(durationMs),
    ...(traceId === undefined ? [] : [`trace ${traceId}`]),
  ];
  return parts.join(", ");
}

function count(amount: number, what: string): string {
  return `${amount.toLocaleString("en-US")} ${what}${amount === 1 ? "" : "s"}`;
}
