import type { Argument, Complete, Option } from "@bomb.sh/tab";
import tab from "@bomb.sh/tab/commander";
import { VirtualMachine } from "@cloudlink/core";
import type { Command } from "commander";

/** The kinds, filters and actions that completion offers without asking a provider: it has to answer between two key strokes. */
const kinds = [VirtualMachine];

/** Says what there is, wherever that may stand. */
type Offer = (complete: Complete) => void;

/**
 * Adds `completion <shell>`, which prints a script for the shell, and the hidden `complete` that the script calls.
 * It writes to the process's own stdout: the library knows no other.
 */
export function addCompletion(program: Command): void {
  const { commands } = tab(program, { completionCommandName: "completion" });
  const offer = (place: Argument | Option | undefined, what: Offer) => {
    if (place !== undefined) place.handler = (complete: Complete) => what(complete);
  };
  const offerKinds: Offer = (complete) => {
    for (const kind of kinds) complete(kind.name, kind.description);
  };
  const offerFilters: Offer = (complete) => {
    for (const filter of kinds.flatMap((kind) => kind.filters)) complete(`${filter}=`, "");
  };
  const offerActions: Offer = (complete) => {
    for (const action of kinds.flatMap((kind) => Object.values(kind.actions))) {
      complete(action.name, action.description);
    }
  };
  offer(commands.get("list")?.options.get("kind"), offerKinds);
  offer(commands.get("list")?.options.get("where"), offerFilters);
  offer(commands.get("wait")?.options.get("for"), offerFilters);
  offer(commands.get("cache invalidate")?.options.get("kind"), offerKinds);
  offer(commands.get("describe")?.arguments.get("kind"), offerKinds);
  offer(commands.get("act")?.arguments.get("action"), offerActions);
}
