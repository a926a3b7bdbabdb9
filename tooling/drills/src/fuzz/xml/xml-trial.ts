import { ACCOUNT, type Subjects } from "@cloudlink/measure";
import type { Nexus } from "@cloudlink/nexus";
import fc from "fast-check";
import { impatientClock } from "../../impatient-clock.ts";
import { oddPrototype, undocumented } from "../documented.ts";
import { place } from "../mutation.ts";
import type { Verdict } from "../tally.ts";
import type { Known } from "./recorded-calls.ts";
import { type XmlChange, xmlChanges } from "./xml-change.ts";

const calls = ["get", "health", "native", "getMany", "list", "act", "dryRun", "operation"] as const;

/** A call, and what becomes of the answers to it. */
export interface XmlTrial {
  readonly call: (typeof calls)[number];
  readonly action: "start" | "stop" | "reboot";
  /** Which of the machines, and which of the recorded answers, as shares. */
  readonly machine: number;
  readonly answer: number;
  /** Which of them: those that answer what is asked, all of its operation, refusals among them, or any. */
  readonly from: "right" | "operation" | "any";
  /** In place of the recorded one. */
  readonly status: number | undefined;
  readonly changes: readonly XmlChange[];
}

export const xmlTrials: fc.Arbitrary<XmlTrial> = fc.record({
  call: fc.constantFrom(...calls),
  action: fc.constantFrom("start", "stop", "reboot"),
  machine: place,
  answer: place,
  from: fc.constantFrom("right", "right", "right", "right", "right", "right", "operation", "any"),
  status: fc.constantFrom(...new Array<undefined>(25).fill(undefined), 200, 204, 400, 403, 503),
  changes: xmlChanges,
});

/** A vendor that always leads on is left after so many pages. */
const MOST_PAGES = 3;

/** What a call may take that is answered at once; the figure of the drill is of CPU, and lower by far. */
const STUCK_MS = 20_000;

/** Makes the trial's call. */
export async function makeCall(
  { core }: Subjects,
  request: { readonly nexus: Nexus; readonly known: Known; readonly trial: XmlTrial },
): Promise<Verdict> {
  const { nexus, known, trial } = request;
  const { VirtualMachine: kind } = core;
  const ctx = core.background({ clock: impatientClock(core) }).withTimeout(STUCK_MS);
  const ref = known.refs[Math.floor(trial.machine * known.refs.length)] ?? "";
  const failures: unknown[] = [];
  const values: unknown[] = [];
  const make = async (): Promise<void> => {
    switch (trial.call) {
      case "get":
      case "health":
      case "native": {
        const view = trial.call === "health" ? "health" : "standard";
        values.push(await nexus.get(ctx, { kind, ref, view, native: trial.call === "native" }));
        return;
      }
      case "getMany": {
        const { outcomes } = await nexus.getMany(ctx, { kind, refs: known.refs });
        for (const outcome of outcomes) {
          if (outcome.ok) values.push(outcome.state);
          else failures.push(outcome.error);
        }
        return;
      }
      case "list": {
        let pages = 0;
        for await (const page of nexus.list(ctx, { kind, accounts: [ACCOUNT], pageSize: 5 })) {
          values.push(...page.items);
          failures.push(...page.problems.map(({ error }) => error));
          pages += 1;
          if (pages === MOST_PAGES) return;
        }
        return;
      }
      case "act":
        await nexus.act(ctx, { kind, ref, action: trial.action });
        return;
      case "dryRun":
        await nexus.dryRun(ctx, { kind, ref, action: trial.action });
        return;
      default:
        await nexus.operation(ctx, { token: known.token });
    }
  };
  try {
    await make();
  } catch (error) {
    failures.push(error);
    const isAction = trial.call === "act" || trial.call === "operation";
    if (isAction && core.CloudLinkError.isInstance(error) && error.effect === undefined) {
      return { wrong: "an error without effect" };
    }
  }
  const wrong = failures.map((error) => undocumented(core, error)).find((found) => found !== undefined);
  const odd = wrong ?? values.map(oddValue).find((found) => found !== undefined);
  if (odd !== undefined) return { wrong: odd };
  return failures.length > 0 ? "refused" : "taken";
}

function oddValue(state: unknown): string | undefined {
  const { value, native } = state as { readonly value: unknown; readonly native?: unknown };
  const odd = oddPrototype(value) ?? oddPrototype(native, "native");
  return odd === undefined ? undefined : `${odd} has a prototype of its own`;
}
