import { readFileSync } from "node:fs";
import { Command } from "commander";
import { addActionCommands } from "./action-commands.ts";
import { addCacheCommands } from "./cache-commands.ts";
import type { CommandHost } from "./command-host.ts";
import {
  addAccountOptions,
  addCommonOptions,
  addConnectionOptions,
  addPlaceOptions,
  addReadOptions,
  addStaleOptions,
  assignment,
  type CommonOptions,
  type ConnectionOptions,
  type GetOptions,
  type ListOptions,
  type PlaceOptions,
  positiveInteger,
} from "./command-options.ts";
import { addConfigCommands } from "./config-commands.ts";
import { exitCodeHelp } from "./exit-code.ts";
import type { ShellIo } from "./shell-io.ts";

const DEFAULT_KIND = "compute.VirtualMachine";

/** The program, and the exit code of the command that it ran. */
export interface Program {
  readonly command: Command;
  exitCode: number;
  /** The options of the command that runs; `undefined` until the command line has turned out to make sense. */
  options: (CommonOptions & ConnectionOptions) | undefined;
}

/**
 * The commands and their options. What a command does is in a module of its own, loaded when the command runs:
 * help needs none of the kernel, a provider or a schema.
 *
 * @param settings.withCompletion - whether the caller adds the completion commands; else one stands in for them in the help.
 */
export function createProgram(io: ShellIo, settings: { readonly withCompletion: boolean }): Program {
  const command = new Command("cloudlink");
  const program: Program = { command, exitCode: 0, options: undefined };
  const host: CommandHost = {
    io,
    ended(exitCode) {
      program.exitCode = exitCode;
    },
  };
  command
    .description("The live state of cloud resources, of any vendor.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command, or `help exit-codes`")
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ helpWidth: (io.stdout.isTTY === true && io.stdout.columns) || 100 })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Errors are reported where all others are, in the form that was asked for.
      writeErr: () => {},
    })
    .hook("preAction", (_program, running) => {
      const options = running.opts<CommonOptions & ConnectionOptions>();
      if (options.json === true && options.output !== "json") {
        running.error(`--json and -o ${options.output} contradict each other: give one of them.`);
      }
      // A command that prints one thing only has no options to print it by.
      if (options.output !== undefined) program.options = options;
    });

  const get = command.command("get").description("the state of one resource, or of several");
  get.argument("<ref...>", "provider/partition/account/region/kind/id, or the vendor's own id such as an ARN");
  addStaleOptions(addReadOptions(get)).option("--native", "also the vendor's own body, redacted");
  addCommonOptions(addConnectionOptions(get)).action(async (refs: string[], options: GetOptions) => {
    host.ended(await (await import("./commands/get.ts")).get(io, refs, options));
  });

  const list = command.command("list").description("everything of a kind, over accounts and regions");
  addAccountOptions(list)
    .option("--kind <name>", "the kind of resource", DEFAULT_KIND)
    .option(
      "--where <field=value>",
      "only where a field has this value, or one of several: a=x,y; repeatable",
      assignment,
    )
    .option("--tag <name=value>", "only with this tag; repeatable", assignment)
    .option("--page-size <items>", "how many items a vendor call brings at most", positiveInteger)
    .option("--limit <rows>", "stop after so many rows", positiveInteger);
  addCommonOptions(addConnectionOptions(addReadOptions(list))).action(async (options: ListOptions) => {
    host.ended(await (await import("./commands/list.ts")).list(io, options));
  });

  addActionCommands(command, host);

  const kinds = command.command("kinds").description("the kinds of resources there are");
  addCommonOptions(addPlaceOptions(kinds)).action(async (options: CommonOptions & PlaceOptions) => {
    host.ended(await (await import("./commands/kinds.ts")).listKinds(io, options));
  });
  const describe = command.command("describe").description("a kind: its fields, views, filters, actions and providers");
  addCommonOptions(addPlaceOptions(describe.argument("<kind>"))).action(
    async (kind: string, options: CommonOptions & PlaceOptions) => {
      host.ended(await (await import("./commands/describe.ts")).describe(io, kind, options));
    },
  );
  const providers = command.command("providers").description("the providers: versions, kinds, capabilities and limits");
  addCommonOptions(addPlaceOptions(providers)).action(async (options: CommonOptions & PlaceOptions) => {
    host.ended(await (await import("./commands/providers.ts")).listProviders(io, options));
  });
  addCacheCommands(command, host);
  addConfigCommands(command, host);

  if (!settings.withCompletion)
    command.command("completion <shell>").description("a completion script for bash, zsh or fish");

  const exitCodes = command.command("exit-codes", { hidden: true });
  exitCodes.helpInformation = exitCodeHelp;
  exitCodes.action(() => exitCodes.help());

  command.addHelpText(
    "after",
    `
Examples:
  cloudlink get arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0
  cloudlink list --where powerState=running --tag team=search -o wide
  cloudlink list -o name | head -5 | xargs cloudlink get
  cloudlink list --server http://127.0.0.1:8080 --max-age 1m -o wide
  cloudlink stop --dry-run arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0
  cloudlink wait --for powerState=stopped arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0
  cloudlink help exit-codes`,
  );
  return program;
}

/** Of this package: beside `dist` as beside `src`. */
function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}
