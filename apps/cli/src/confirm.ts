import { createInterface } from "node:readline";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CloudLinkError, errorOfAbort, type Ref } from "@cloudlink/core";
import type { ConnectionOptions } from "./command-options.ts";
import type { CallPlace } from "./connection/call-place.ts";
import { neutralize } from "./output/neutralize.ts";
import type { ShellIo } from "./shell-io.ts";

/** Whether there is a person to ask: one who types and sees what is asked. */
export function canAsk({ stdin, stderr }: ShellIo): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** What somebody is asked to confirm. */
export interface Confirmation {
  readonly action: string;
  readonly refs: readonly Ref[];
  readonly options: ConnectionOptions;
  readonly place: CallPlace;
}

/**
 * Shows what is about to be done, to what, where and as whom, and waits for a yes. What was typed before the question is no answer to it.
 *
 * @throws `canceled` for any other answer, for none, and at Ctrl-C; nothing was done then.
 */
export async function confirm(io: ShellIo, confirmation: Confirmation): Promise<void> {
  const { action, refs } = confirmation;
  const width = (of: (ref: Ref) => string) => Math.max(...refs.map((ref) => of(ref).length));
  const widths = { id: width(({ id }) => id), account: width(({ account }) => account) };
  const lines = refs.map(
    ({ kind, id, provider, account, region }) =>
      `  ${kind} ${id.padEnd(widths.id)}  account ${account.padEnd(widths.account)}  ${region}  (${provider})`,
  );
  const things = refs.length === 1 ? "this" : `these ${refs.length}`;
  const question = [`About to ${action} ${things}, ${asWhom(confirmation)}:`, ...lines].map(neutralize);
  await discardTyped(io);
  io.stderr.write(`${question.join("\n")}\nGo on? [y/N] `);
  const answer = await lineFrom(io);
  // Whoever closes the input, or presses Ctrl-C, leaves the cursor behind the question.
  if (answer === undefined) io.stderr.write("\n");
  if (io.interrupt.aborted) throw errorOfAbort(io.interrupt.reason).with({ effect: "none" });
  if (/^y(es)?$/i.test(answer?.trim() ?? "")) return;
  throw new CloudLinkError({
    code: "canceled",
    reason: "cli.NotConfirmed",
    message: `It was not confirmed. Answer y, or give --yes, to ${action}.`,
    origin: "caller",
    effect: "none",
  });
}

function asWhom({ options, place }: Confirmation): string {
  if (place.server !== undefined) return `through ${place.server}`;
  if (place.config !== undefined) return `as ${place.config} says`;
  const { roleArn, profile } = options;
  if (roleArn !== undefined) return `as ${roleArn}`;
  if (profile !== undefined) return `with the profile ${profile.join(" or ")}`;
  return "with the credentials of this environment";
}

/** So many turns of the event loop without input, and there is none: the terminal's is read in the turn after it was asked for. */
const QUIET_TURNS = 3;

/** After so many something types without end: whoever that is, it does not hold the question up. */
const MOST_TURNS = 1_000;

/** Reads away what was typed and that nobody has read yet, a line that was only begun too: that takes a terminal out of its line mode for so long. */
async function discardTyped({ stdin, interrupt }: ShellIo): Promise<void> {
  let [quietTurns, turns] = [0, 0];
  const discard = () => {
    quietTurns = 0;
  };
  stdin.setRawMode?.(true);
  stdin.on("data", discard);
  while (quietTurns < QUIET_TURNS && turns < MOST_TURNS && !interrupt.aborted) {
    quietTurns += 1;
    turns += 1;
    await nextTurn();
  }
  stdin.off("data", discard).pause();
  stdin.setRawMode?.(false);
}

/** A line that is typed, or `undefined` where there is none, or none any more. The terminal stays as it is, so that Ctrl-C interrupts as ever. */
async function lineFrom({ stdin, interrupt }: ShellIo): Promise<string | undefined> {
  const lines = createInterface({ input: stdin, terminal: false });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const leave = () => resolve(undefined);
  if (interrupt.aborted || stdin.readableEnded) leave();
  interrupt.addEventListener("abort", leave, { once: true });
  lines.once("line", resolve).once("close", leave);
  const line = await promise;
  interrupt.removeEventListener("abort", leave);
  lines.close();
  return line;
}
