import type { Random } from "@cloudlink/measure";
import { type FaultPlan, planFaults } from "./fault-plan.ts";
import type { ActionName, Machine } from "./world.ts";

/** How a caller waits for its call. */
export type Patience =
  /** As long as it takes. */
  | { readonly kind: "patient" }
  | { readonly kind: "deadline"; readonly ms: number }
  /** It leaves before it begins. */
  | { readonly kind: "never" }
  /** It leaves as soon as the request is on its way, and so many turns of the event loop later. */
  | { readonly kind: "sent"; readonly turns: number };

/** A caller of a wish. */
export interface Caller {
  /** Which of the kernels it calls. */
  readonly kernel: 0 | 1;
  readonly patience: Patience;
  /** Whether it sends the key with another action than the wish is of, by mistake. */
  readonly isMistaken: boolean;
}

/**
 * Something that somebody wants done, once. Each has a machine to itself, so whatever the vendor did to that machine it did for this wish.
 */
export interface Wish {
  readonly machine: Machine;
  readonly action: ActionName;
  /** The tenant it is asked for; some have credentials that are refused. */
  readonly tenant: Tenant;
  /** The caller's name for it. Without one, it is asked for in one call: every call would be another wish. */
  readonly key: string | undefined;
  /** Those who ask at the same time. */
  readonly together: readonly Caller[];
  /** Those who ask again after that, one after the other. */
  readonly afterwards: readonly Caller[];
  readonly faults: FaultPlan;
}

export type Tenant = "operator" | "intern" | "stranger";

export function planWish(
  random: Random,
  { machine, index }: { readonly machine: Machine; readonly index: number },
): Wish {
  const isKeyed = random.chance(0.6);
  const caller = (isMistaken: boolean): Caller => ({
    kernel: random.chance(0.5) ? 0 : 1,
    patience: planPatience(random),
    isMistaken,
  });
  const callers = (most: number) => Array.from({ length: random.below(most + 1) }, () => caller(random.chance(0.08)));
  return {
    machine,
    action: chooseAction(random, machine),
    tenant: random.chance(0.9) ? "operator" : random.pick(["intern", "stranger"] as const),
    key: isKeyed ? `wish-${index}` : undefined,
    together: [caller(false), ...(isKeyed ? callers(3) : [])],
    afterwards: isKeyed ? callers(2) : [],
    faults: planFaults(random),
  };
}

function chooseAction(random: Random, { state }: Machine): ActionName {
  if (state === "stopped") return random.chance(0.8) ? "start" : "reboot";
  return random.pick(["reboot", "reboot", "reboot", "stop", "start"] as const);
}

function planPatience(random: Random): Patience {
  const choice = random.next();
  if (choice < 0.55) return { kind: "patient" };
  if (choice < 0.75) return { kind: "deadline", ms: 1 + random.below(60) };
  if (choice < 0.8) return { kind: "never" };
  return { kind: "sent", turns: random.below(12) };
}
