import { type Random, REGION } from "@cloudlink/measure";
import { ACCOUNTS, absentMachine, machinesOf, unreadMachine } from "./world.ts";

/** What may be wrong with one of a hundred. */
export const troubles = ["malformed", "absent", "of another account", "of an unknown account", "throttled"] as const;

export type Trouble = (typeof troubles)[number];

/** The reason that the one has to fail by, and no other. */
export const reasonOf: Readonly<Record<Trouble, string>> = {
  malformed: "ErrInvalidResourceId",
  absent: "ErrResourceNotFound",
  "of another account": "ErrResourceNotFound",
  "of an unknown account": "ErrUnknownAccount",
  throttled: "ErrThrottled",
};

/** How many are asked for at once. */
export const TOGETHER = 100;

/** A hundred gets at once, and a getMany of a hundred, with the same one among both that cannot be had. */
export interface Round {
  readonly trouble: Trouble;
  /** The account of the others. */
  readonly home: string;
  /** The account that the one is asked for in; of a round in which an account is throttled, that account. */
  readonly account: string;
  readonly bad: string;
  /** Refs as a user writes them. */
  readonly gets: readonly string[];
  readonly many: readonly string[];
  /** Whether the getMany is made at the same time, or after the gets. */
  readonly atOnce: boolean;
  /** How old an answer may be; what is usual if `undefined`. */
  readonly maxAgeMs: 0 | undefined;
}

export function planRound(random: Random, number: number): Round {
  const trouble = troubles[number % troubles.length] as Trouble;
  const home = random.pick(ACCOUNTS);
  const other = random.pick(ACCOUNTS.filter((account) => account !== home));
  const account = accountOf(trouble, { home, other });
  const bad = arnOf(account, badMachine(random, { trouble, other, number }));
  const withOthers = () => {
    const ids = random.shuffled(machinesOf(home)).slice(0, TOGETHER - 1);
    return random.shuffled([bad, ...ids.map((id) => arnOf(home, id))]);
  };
  return {
    ...{ trouble, home, account, bad, gets: withOthers(), many: withOthers() },
    atOnce: random.chance(0.5),
    maxAgeMs: random.chance(0.5) ? 0 : undefined,
  };
}

function accountOf(trouble: Trouble, { home, other }: { readonly home: string; readonly other: string }): string {
  if (trouble === "throttled") return other;
  return trouble === "of an unknown account" ? "999999999999" : home;
}

function badMachine(
  random: Random,
  { trouble, other, number }: { readonly trouble: Trouble; readonly other: string; readonly number: number },
): string {
  if (trouble === "malformed") return random.pick(["i-12345", "vm-0123456789abcdef0", "i-0123456789ABCDEFG"]);
  if (trouble === "throttled") return unreadMachine(other);
  return trouble === "absent" ? absentMachine(number) : random.pick(machinesOf(other));
}

function arnOf(account: string, id: string): string {
  return `arn:aws:ec2:${REGION}:${account}:instance/${id}`;
}
