import tab from "@bomb.sh/tab/commander";
import { VirtualMachine } from "@cloudlink/core";
import type { Command } from "commander";

/** The kinds and filters that completion offers without asking a provider: it has to answer between two key strokes. */
const kinds = [VirtualMachine];

/**
 * Adds `completion <shell>`, which prints a script for the shell, and the hidden `complete` that the script calls.
 * It writes to the process's own stdout: the library knows no other.
 */
export function addCompletion(program: Command): void {
  const completion = tab(program, { completionCommandName: "completion" });
  const list = completion.commands.get("list");
  const kindOption = list?.options.get("kind");
  if (kindOption !== undefined) {
    kindOption.handler = (complete) => {
      for (const kind of kinds) complete(kind.name, kind.description);
    };
  }
  const where = list?.options.get("where");
  if (where !== undefined) {
    where.handler = (complete) => {
      for (const filter of kinds.flatMap((kind) => kind.filters)) complete(`${filter}=`, "");
    };
  }
  const describe = completion.commands.get("describe")?.arguments.get("kind");
  if (describe !== undefined) {
    describe.handler = (complete) => {
      for (const kind of kinds) complete(kind.name, kind.description);
    };
  }
}
