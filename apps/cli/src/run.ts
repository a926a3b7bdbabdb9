import { CommanderError } from "commander";
import type { CommonOptions } from "./command-options.ts";
import type { OutputForm } from "./output/row-writer.ts";
import { OutputClosed } from "./output/sink.ts";
import { createProgram } from "./program.ts";
import type { ShellIo } from "./shell-io.ts";

/**
 * Runs one command line, without the program's name in front, and gives its exit code. It never throws and never ends the process.
 */
export async function run(argv: readonly string[], io: ShellIo): Promise<number> {
  const withCompletion = argv[0] === "completion" || argv[0] === "complete";
  const program = createProgram(io, { withCompletion });
  try {
    if (withCompletion) (await import("./commands/completion.ts")).addCompletion(program.command);
    await program.command.parseAsync(argv.length === 0 ? ["--help"] : argv, { from: "user" });
    return program.exitCode;
  } catch (error) {
    return await report(error, { argv, io });
  }
}

async function report(error: unknown, { argv, io }: { argv: readonly string[]; io: ShellIo }): Promise<number> {
  if (error instanceof OutputClosed) return 0;
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const { readableError } = await import("./readable-error.ts");
  const { usageError } = await import("./usage-error.ts");
  const { createReporter } = await import("./report/reporter.ts");
  const { exitCodeOf } = await import("./exit-code.ts");
  const { traceOf } = await import("./command-trace.ts");
  const options = reportOptions(argv);
  const shown = error instanceof CommanderError ? usageError(usageMessage(error)) : readableError(error);
  const reporter = createReporter(io, { ...options, form: options.output });
  if (shown !== error && !(error instanceof CommanderError) && error instanceof Error)
    reporter.detail(error.stack ?? "");
  await reporter.error({ traceId: traceOf(io).traceId, ...shown.toJSON() });
  return exitCodeOf(shown.code);
}

/** What commander says, with a capital and the way to help. */
function usageMessage({ message }: CommanderError): string {
  const text = message
    .replace(/^error: /, "")
    .trim()
    .replaceAll("\n", " ");
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return `${sentence}${/[.)]$/.test(sentence) ? "" : "."} See cloudlink --help.`;
}

/** The options that decide how an error looks, read without commander: the command line may be what is wrong. */
function reportOptions(
  argv: readonly string[],
): Pick<CommonOptions, "output" | "color"> & { quiet: boolean; verbose: boolean } {
  const words = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const named = words.flatMap((word, index) => {
    if (word === "-o" || word === "--output") return [words[index + 1]];
    return /^(?:-o=?|--output=)(.+)$/.exec(word)?.slice(1) ?? [];
  });
  const json = words.includes("--json") || named.includes("json");
  const output: OutputForm = json ? "json" : named.includes("jsonl") ? "jsonl" : "table";
  return { output, color: !words.includes("--no-color"), quiet: false, verbose: words.includes("--verbose") };
}
