import { randomFrom, type Subjects } from "@cloudlink/measure";
import type { Balanced } from "./dashboard-reads.ts";
import { Fleet } from "./fleet.ts";
import { KernelReader, type Shared } from "./kernel-reader.ts";
import type { ReadStream } from "./read-stream.ts";
import type { Reader } from "./reader.ts";
import { type EconomyShape, machinesOf, VENDOR_MS } from "./shape.ts";
import { type Outcome, Tally } from "./tally.ts";
import { TtlReader } from "./ttl-reader.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { readsOf, type Workload } from "./workload.ts";

/** How reads are answered. Plain data, as all of a {@link Simulation}: it may be run in another thread. */
export type Policy =
  | { readonly by: "ttl"; readonly shared: Extract<Shared, "cache" | "nothing"> }
  | { readonly by: "kernel"; readonly shared: Shared; readonly isCached: boolean; readonly maxAgeMs: number };

export interface Simulation {
  readonly workload: Workload;
  readonly policy: Policy;
  readonly balanced: Balanced;
  readonly shape: EconomyShape;
  /** Fleet and reads follow from it, and are the same for every policy. */
  readonly seed: number;
}

/** Runs the workload once, in virtual time. @throws Error when an answer or a count is not as it has to be. */
export async function simulate(subjects: Subjects, simulation: Simulation): Promise<Outcome> {
  const { workload, policy, balanced, shape, seed } = simulation;
  const { durationMs } = shape;
  const machines = machinesOf(shape);
  const clock = new VirtualClock();
  const fleet = new Fleet({ machines, durationMs: durationMs + LAST_ANSWERS_MS }, randomFrom(seed));
  const tally = new Tally(fleet);
  const reads = readsOf(workload, { shape, balanced, random: randomFrom(seed + 1) });
  const world = { clock, fleet, tally };
  if (policy.by === "ttl") {
    const reader = new TtlReader({ ...world, machines, isShared: policy.shared === "cache" });
    return await run(reader, { clock, tally, reads });
  }
  const reader = new KernelReader(subjects, { ...world, ...policy, shape, random: randomFrom(seed + 2) });
  try {
    return await run(reader, { clock, tally, reads });
  } finally {
    await reader.close();
  }
}

/** A read may wait for those before it to be back, and is at the vendor itself then. */
const LAST_ANSWERS_MS = 3 * VENDOR_MS;

async function run(
  reader: Reader,
  world: { readonly clock: VirtualClock; readonly tally: Tally; readonly reads: ReadStream },
): Promise<Outcome> {
  const { clock, tally, reads } = world;
  const pass = async () => {
    clock.runNext();
    await reader.settled();
  };
  while (reads.next()) {
    while (clock.nextAt <= reads.atMs) await pass();
    clock.moveTo(reads.atMs);
    const reading = reader.read(reads.machine, reads.replica);
    if (reading !== undefined) await reading;
  }
  const endMs = clock.monotonicMs() + LAST_ANSWERS_MS;
  while (clock.nextAt <= endMs) await pass();
  if (tally.isOpen) throw new Error(`${tally.reads - tally.answers} reads were not answered`);
  const { staleReads, staleReadsDue } = tally;
  return { reads: tally.reads, vendorCalls: reader.vendorCalls(), staleReads, staleReadsDue };
}
