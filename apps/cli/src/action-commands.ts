import { type Command, Option } from "commander";
import { namedActions } from "./action-names.ts";
import type { CommandHost } from "./command-host.ts";
import {
  type ActOptions,
  addCommonOptions,
  addConnectionOptions,
  assignment,
  interval,
  type OperationOptions,
  type WaitOptions,
} from "./command-options.ts";

const REF = "provider/partition/account/region/kind/id, or the vendor's own id such as an ARN";

/** How long `wait` waits, in milliseconds: a machine that starts or stops takes a minute or two as a rule. */
const WAIT_TIMEOUT_MS = 300_000;

/** How often `wait` asks, in milliseconds. */
const WAIT_INTERVAL_MS = 2_000;

/** Adds the commands that act, and those that wait for what comes of it. */
export function addActionCommands(command: Command, { io, ended }: CommandHost): void {
  for (const { name, description } of namedActions) {
    const named = command.command(name).description(description).argument("<ref...>", REF);
    addActOptions(named).action(async (refs: string[], options: ActOptions) => {
      ended(await (await import("./commands/act.ts")).act(io, { action: name, refs }, options));
    });
  }
  const act = command.command("act").description("any action of a kind; `cloudlink describe` says which it has");
  addActOptions(act.argument("<action>").argument("<ref...>", REF)).action(
    async (action: string, refs: string[], options: ActOptions) => {
      ended(await (await import("./commands/act.ts")).act(io, { action, refs }, options));
    },
  );

  const operation = command.command("operation").description("how an action stands that another command began");
  operation
    .argument("<token>", "the operation's token; it is good at the server, or with the tokenKey, that it was made with")
    .option("--wait", "until it has ended");
  addCommonOptions(addConnectionOptions(operation)).action(async (token: string, options: OperationOptions) => {
    ended(await (await import("./commands/operation.ts")).operation(io, token, options));
  });

  const wait = command.command("wait").description("until resources are in a state, whatever brings them there");
  wait
    .argument("<ref...>", REF)
    .requiredOption(
      "--for <field=value>",
      "until a field has this value, or one of several: a=x,y; repeatable",
      assignment,
    )
    .addOption(
      new Option("--interval <duration>", "how often to ask").argParser(interval).default(WAIT_INTERVAL_MS, "2s"),
    );
  addCommonOptions(addConnectionOptions(wait, { timeoutMs: WAIT_TIMEOUT_MS })).action(
    async (refs: string[], options: WaitOptions) => {
      ended(await (await import("./commands/wait.ts")).wait(io, refs, options));
    },
  );
}

function addActOptions(command: Command): Command {
  command
    .option("--dry-run", "only say what would be called, as whom, and whether it is allowed")
    .option("-y, --yes", "do not ask")
    .option("--wait", "until it has ended")
    .option("--idempotency-key <key>", "names this wish: sent again within a day, it is carried out once");
  return addCommonOptions(addConnectionOptions(command));
}
