import { type Command, CommanderError } from "commander";
import type { CommonOptions } from "./command-options.ts";
import type { OutputForm } from "./output/row-writer.ts";
import { createSink, OutputClosed } from "./output/sink.ts";
import { createProgram, type Program } from "./program.ts";
import type { ShellIo } from "./shell-io.ts";

/**
 * Runs one command line, without the program's name in front, and gives its exit code. It never throws and never ends the process.
 */
export async function run(argv: readonly string[], io: ShellIo): Promise<number> {
  const withCompletion = argv[0] === "completion" || argv[0] === "complete";
  const program = createProgram(io, { withCompletion });
  const stdout = createSink(io.stdout);
  try {
    if (withCompletion) (await import("./commands/completion.ts")).addCompletion(program.command);
    const isHelp = await parse(program.command, argv.length === 0 ? ["--help"] : argv);
    // Commander and the completion library do not wait for what they write: only now is it known whether it arrived.
    if (isHelp || withCompletion) await stdout.write("");
    return program.exitCode;
  } catch (error) {
    if (error instanceof OutputClosed) return program.exitCode;
    return await report(error, { argv, io, program });
  }
}

/** Runs the command that is named, or gives `true` where help or the version was printed. */
async function parse(command: Command, argv: readonly string[]): Promise<boolean> {
  try {
    await command.parseAsync(argv, { from: "user" });
    return false;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return true;
    throw error;
  }
}

async function report(
  error: unknown,
  { argv, io, program }: { argv: readonly string[]; io: ShellIo; program: Program },
): Promise<number> {
  const { readableError } = await import("./readable-error.ts");
  const { usageError } = await import("./usage-error.ts");
  const { createReporter, reporterSettings } = await import("./report/reporter.ts");
  const { exitCodeOf } = await import("./exit-code.ts");
  const { traceOf } = await import("./command-trace.ts");
  const isUsage = error instanceof CommanderError;
  const shown = isUsage ? usageError(await usageMessage(error, { argv, program })) : readableError(error);
  const reporter = createReporter(io, reporterSettings(program.options ?? reportOptions(argv)));
  if (shown !== error && !isUsage && error instanceof Error) reporter.detail(error.stack ?? "");
  await reporter.error({ traceId: traceOf(io).traceId, ...shown.toJSON() });
  return exitCodeOf(shown.code, io.interrupt);
}

/**
 * What commander says, with a capital and the way to help. Where it would only print help, as for `help nosuch` and `config`, the commands
 * there are.
 */
async function usageMessage(
  { code, message }: CommanderError,
  { argv, program }: { argv: readonly string[]; program: Program },
): Promise<string> {
  if (code === "commander.help") {
    const { quote } = await import("@cloudlink/core");
    const name = argv[0] === "help" ? argv[1] : undefined;
    const group = program.command.commands.find((each) => each.name() === argv[0] && each.commands.length > 0);
    const shown = group?.commands ?? program.command.createHelp().visibleCommands(program.command);
    const commands = shown.map((each) => (group === undefined ? "" : `${argv[0]} `) + each.name()).join(", ");
    return `${name === undefined ? "Name a command." : `There is no command ${quote(name)}.`} There are: ${commands}.`;
  }
  const text = message
    .replace(/^error: /, "")
    .trim()
    .replaceAll("\n", " ");
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return `${sentence}${/[.)]$/.test(sentence) ? "" : "."} See cloudlink --help.`;
}

/** The options that decide how an error looks, read without commander: the command line may be what is wrong. */
function reportOptions(argv: readonly string[]): CommonOptions {
  const words = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const named = words.flatMap((word, index) => {
    if (word === "-o" || word === "--output") return [words[index + 1]];
    return /^(?:-o=?|--output=)(.+)$/.exec(word)?.slice(1) ?? [];
  });
  const json = words.includes("--json") || named.includes("json");
  const output: OutputForm = json ? "json" : named.includes("jsonl") ? "jsonl" : "table";
  return { output, color: !words.includes("--no-color"), verbose: words.includes("--verbose") };
}
