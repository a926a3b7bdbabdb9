import { setTimeout } from "node:timers/promises";
import type { Context, Ref } from "@cloudlink/core";
import { REGION, type Subjects } from "@cloudlink/measure";
import { failureOf, PATIENCE_MS } from "./load.ts";
import type { ReadTally } from "./read-tally.ts";
import type { Replica } from "./replica.ts";
import { ACCOUNTS, machinesSetAside, type SetAside } from "./world.ts";

/** How old an answer may be here: older than anything in the drill. */
const ANY_AGE_MS = 3_600_000;

/** How often it is tried whether Redis is of use again, in milliseconds. */
const EVERY_MS = 150;

/** After so long, in milliseconds, everything is as before: as long as memory answers that is told of no invalidations. */
export const RECOVERED_MS = 5_000;

/** How it went when Redis was back. Times are in milliseconds since it was. */
export interface Recovery {
  /** When a value that one replica had fetched first answered the other; `undefined` for never. */
  readonly sharedMs: number | undefined;
  /** When values were answered that had been invalidated while Redis was away. */
  readonly staleMs: readonly number[];
  /** How many such values were asked for, and how many of them after {@link RECOVERED_MS}. */
  readonly looks: number;
  readonly lateLooks: number;
}

/** Values that one replica has invalidated, and the other is asked for when Redis is back. */
export class RecoveryWatch {
  readonly #subjects: Subjects;
  readonly #replicas: readonly [Replica, Replica];
  readonly #invalidated: readonly Ref[];
  readonly #shared: readonly Ref[];
  readonly #tally: ReadTally;
  #invalidatedAt = 0;

  constructor(
    subjects: Subjects,
    settings: { readonly replicas: readonly [Replica, Replica]; readonly outage: number; readonly tally: ReadTally },
  ) {
    const { replicas, outage, tally } = settings;
    this.#tally = tally;
    this.#subjects = subjects;
    this.#replicas = replicas;
    this.#invalidated = refsOf(subjects, { outage, use: "invalidated" });
    this.#shared = refsOf(subjects, { outage, use: "shared" });
  }

  /** While all is well, both replicas and Redis get to have what is to be invalidated. */
  async before(): Promise<void> {
    for (const { reader } of this.#replicas) {
      const ctx = this.#patient();
      await Promise.all(this.#invalidated.map((ref) => reader.get(ctx, { ref, maxAgeMs: ANY_AGE_MS })));
    }
  }

  /** While Redis is away. */
  async meanwhile(): Promise<void> {
    const [{ reader }] = this.#replicas;
    this.#invalidatedAt = Date.now();
    await Promise.all(this.#invalidated.map((ref) => reader.invalidate(this.#patient(), ref)));
  }

  /** From the moment that Redis is back, for so long. */
  async after(seconds: number): Promise<Recovery> {
    const from = performance.now();
    const passed = () => performance.now() - from;
    const [invalidated, shared] = [[...this.#invalidated], [...this.#shared]];
    const [one, other] = this.#replicas;
    const staleMs: number[] = [];
    let sharedMs: number | undefined;
    let [looks, lateLooks] = [0, 0];
    while (passed() < seconds * 1_000) {
      const atMs = passed();
      const stale = invalidated.shift();
      if (stale !== undefined) {
        looks += 1;
        if (atMs > RECOVERED_MS) lateLooks += 1;
        const observedAt = await this.#observed(other, { ref: stale, maxAgeMs: ANY_AGE_MS });
        if (observedAt !== undefined && observedAt < this.#invalidatedAt) staleMs.push(atMs);
      }
      const fresh = sharedMs === undefined ? shared.shift() : undefined;
      if (fresh !== undefined) {
        const fetched = await this.#observed(one, { ref: fresh, maxAgeMs: 0 });
        const answered = await this.#observed(other, { ref: fresh, maxAgeMs: ANY_AGE_MS });
        if (fetched !== undefined && fetched === answered) sharedMs = passed();
      }
      // Over the whole time, so that some are asked for when all has to be well.
      await setTimeout(Math.max(0, atMs + Math.max(EVERY_MS, (seconds * 1_000) / this.#invalidated.length) - passed()));
    }
    return { sharedMs, staleMs, looks, lateLooks };
  }

  #patient(): Context {
    return this.#subjects.core.background().withTenant("acme").withTimeout(PATIENCE_MS);
  }

  async #observed(
    { reader }: Replica,
    request: { readonly ref: Ref; readonly maxAgeMs: number },
  ): Promise<number | undefined> {
    try {
      return (await reader.get(this.#patient(), request)).observedAt;
    } catch (error) {
      this.#tally.fail(failureOf(this.#subjects, error));
      return undefined;
    }
  }
}

function refsOf({ core }: Subjects, request: Omit<SetAside, "account">): readonly Ref[] {
  const byAccount = ACCOUNTS.map((account) => machinesSetAside({ ...request, account }).map((id) => ({ account, id })));
  const [first = []] = byAccount;
  // Of each account in turn.
  return first.flatMap((_, index) =>
    byAccount.flatMap((machines) => {
      const machine = machines[index];
      return machine === undefined ? [] : machineRef(core, machine);
    }),
  );
}

export function machineRef(
  core: Subjects["core"],
  { account, id }: { readonly account: string; readonly id: string },
): Ref {
  const { VirtualMachine: kind, createRef } = core;
  return createRef({ provider: "aws", partition: "aws", account, region: REGION, kind: kind.name, id });
}
