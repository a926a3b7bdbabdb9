import { setTimeout } from "node:timers/promises";
import type { Ref } from "@cloudlink/core";
import type { Random, Subjects } from "@cloudlink/measure";
import type { ReadTally } from "./read-tally.ts";
import type { Told } from "./reader.ts";
import type { Replica } from "./replica.ts";

/** Reads a second, over both replicas: they come when they come, whatever became of those before. */
export const READS_PER_SECOND = 300;

/** How often those that are due are begun, in milliseconds. */
const TURN_MS = 5;

/** For how long somebody waits who looks at a page, in milliseconds. */
export const PATIENCE_MS = 2_000;

/** How old an answer may be, in milliseconds, and the share of reads that are live. */
const ages = [5_000, 10_000, 15_000, 30_000] as const;
const LIVE = 0.02;

/** Where reads are made. */
export interface LoadScene {
  readonly subjects: Subjects;
  readonly replicas: readonly Replica[];
  readonly refs: readonly Ref[];
  readonly random: Random;
}

/** Reads for so long, and waits for the last of them. */
export async function readFor(
  scene: LoadScene,
  { seconds, tally }: { readonly seconds: number; readonly tally: ReadTally },
): Promise<void> {
  const from = performance.now();
  const total = Math.round(seconds * READS_PER_SECOND);
  const underWay = new Set<Promise<void>>();
  for (let begun = 0; begun < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - from) / 1_000) * READS_PER_SECOND));
    for (; begun < due; begun += 1) {
      const reading = read(scene, tally).finally(() => underWay.delete(reading));
      underWay.add(reading);
    }
    await setTimeout(TURN_MS);
  }
  await Promise.all(underWay);
}

async function read({ subjects, replicas, refs, random }: LoadScene, tally: ReadTally): Promise<void> {
  const { background } = subjects.core;
  const own = random.pick(replicas);
  const ref = random.pick(refs);
  const maxAgeMs = random.chance(LIVE) ? 0 : random.pick(ages);
  const ctx = background().withTenant("acme").withTimeout(PATIENCE_MS);
  const from = performance.now();
  const took = (told: Told | undefined) => {
    const to = performance.now();
    // What another replica fetched took that one's time at the vendor; what memory had took none.
    const asked = told?.source === "redis" ? replicas.filter((each) => each !== own) : [own];
    const vendorMs = told?.source === "memory" ? 0 : (asked[0]?.vendorTime.within(ref.key, { from, to }) ?? 0);
    return to - from - vendorMs;
  };
  try {
    const told = await own.reader.get(ctx, { ref, maxAgeMs });
    tally.ended(took(told), undefined);
  } catch (error) {
    tally.ended(took(undefined), failureOf(subjects, error));
  }
}

/** In a word. */
export function failureOf({ core }: Subjects, error: unknown): string {
  return core.CloudLinkError.isInstance(error) ? error.reason : String(error);
}
