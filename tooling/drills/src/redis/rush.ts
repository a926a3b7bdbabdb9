import { setTimeout } from "node:timers/promises";
import type { Ref } from "@cloudlink/core";
import type { Subjects } from "@cloudlink/measure";
import { PATIENCE_MS } from "./load.ts";
import { machineRef } from "./recovery.ts";
import type { Replica } from "./replica.ts";
import { RUSHED_ACCOUNT, rushedMachines } from "./world.ts";

/** EC2's bucket for what is described by ids: how many calls at once, and how many a second (sandbox, `published-limits.ts`). */
const BURST = 100;
const PER_SECOND = 20;

/**
 * How often each replica is asked for another call, in milliseconds: three times as often as its part of the limit gives, and no more, since those who wait
 * for a turn cost the other reads time.
 */
const EVERY_MS = 30;

/** How often each replica takes a token while all is well, so that the last that each hears is that there are two. */
const GREETINGS = 4;

/** What was taken of a limit while Redis was away. */
export interface Taken {
  /** By each replica. */
  readonly calls: readonly number[];
  /** What is a replica's part of the bucket, and of what came back meanwhile. */
  readonly share: number;
}

/** An account of which replicas want more than its limit gives: what each takes is what its limiter lets it. */
export class Rush {
  readonly #subjects: Subjects;
  readonly #replicas: readonly Replica[];
  readonly #refs: readonly Ref[];

  constructor(subjects: Subjects, replicas: readonly Replica[]) {
    this.#subjects = subjects;
    this.#replicas = replicas;
    this.#refs = rushedMachines().map((id) => machineRef(subjects.core, { account: RUSHED_ACCOUNT, id }));
  }

  async before(): Promise<void> {
    const [ref] = this.#refs;
    for (let round = 0; round < GREETINGS; round += 1) {
      for (const replica of this.#replicas) if (ref !== undefined) await this.#get(replica, ref);
    }
  }

  /** While Redis is away, for so long. */
  async meanwhile(seconds: number): Promise<Taken> {
    const from = performance.now();
    const callsBefore = this.#replicas.map(({ vendorTime }) => vendorTime.callsIn(RUSHED_ACCOUNT));
    const asked: Promise<void>[] = [];
    for (let turn = 0; performance.now() - from < seconds * 1_000; turn += 1) {
      const ref = this.#refs[turn % this.#refs.length];
      for (const replica of this.#replicas) if (ref !== undefined) asked.push(this.#get(replica, ref));
      await setTimeout(EVERY_MS);
    }
    const passedS = (performance.now() - from) / 1_000;
    const calls = this.#replicas.map(
      ({ vendorTime }, index) => vendorTime.callsIn(RUSHED_ACCOUNT) - (callsBefore[index] ?? 0),
    );
    await Promise.all(asked);
    return { calls, share: (BURST + PER_SECOND * passedS) / this.#replicas.length };
  }

  /** Live. It may be refused: that is what a limit is for. */
  async #get({ reader }: Replica, ref: Ref): Promise<void> {
    const ctx = this.#subjects.core.background().withTenant("rush").withTimeout(PATIENCE_MS);
    await reader.get(ctx, { ref, maxAgeMs: 0 }).catch(() => {});
  }
}
