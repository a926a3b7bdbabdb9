import type { Ref, VirtualMachineStatus } from "@cloudlink/core";
import { type Figure, type Row, randomFrom, type Subjects } from "@cloudlink/measure";
import { ATTIC, createAttic, statusOf } from "../attic.ts";
import { ratioOf } from "../measure.ts";
import { type OtherCache, otherCaches } from "../other-caches.ts";

const TENANT = "acme";
const KEYS = 10_000;

/** Nothing expires while it is measured. */
const MAX_AGE_MS = 3_600_000;

/** Reads of a round. The other caches, and a control, are slower by a multiple, and as steady with fewer. */
const READS = 400_000;
const FEWER_READS = 40_000;

/** Row 1: a get that memory answers, over the least that could be called one: an async function over a Map. The control has no cache. */
export const memoryHit: Row = {
  row: "speed-1",
  group: "cache",
  async measure({ subjects, size, seed, control, count }) {
    const isFull = size === "full";
    const keys = isFull ? KEYS : 100;
    const rounds = isFull ? 21 : 1;
    const warmUp = isFull ? 3 : 0;
    const refs = Array.from({ length: keys }, (_, index) => refOf(subjects.core, index));
    const floor = floorOf(refs, inRandomOrder(keys, { reads: isFull ? (count ?? READS) : keys, seed }));
    const fewer = Math.min(floor.order.length, FEWER_READS);
    const reads = control ? fewer : floor.order.length;

    const { nexus, attic, ctx } = kernelInMemory(subjects, { isCached: !control });
    const kind = subjects.core.VirtualMachine;
    for (const ref of refs) await nexus.get(ctx, { kind, ref, maxAgeMs: MAX_AGE_MS });
    const subject = async () => {
      for (let read = 0; read < reads; read += 1) {
        const ref = refs[floor.order[read] as number] as Ref;
        const { value } = await nexus.get(ctx, { kind, ref, maxAgeMs: MAX_AGE_MS });
        if (value.powerState !== "running") throw new Error("it was answered wrong");
      }
    };
    const measured = { row: "speed-1", seed, floor, rounds, warmUp };
    const name = "nexus.get from memory ÷ an async function over a Map, CPU";
    const figure = await timesTheFloor({ ...measured, name, reads, run: subject });
    const due = keys + (control ? (rounds + warmUp) * reads : 0);
    if (attic.calls !== due) throw new Error(`${due} vendor calls were due, and the vendor saw ${attic.calls}`);
    await nexus.close();

    const figures: Figure[] = [{ ...figure, goal: { atMost: 3 } }];
    if (control) return figures;
    let fills = 0;
    const fill = async (key: string) => {
      fills += 1;
      return floor.map.get(key) as object;
    };
    for (const other of otherCaches({ maxEntries: 2 * keys, ttlMs: MAX_AGE_MS, fill })) {
      fills = 0;
      for (const key of floor.keys) await other.get(key);
      const run = () => readAll(other, { floor, reads: fewer });
      figures.push(
        await timesTheFloor({ ...measured, name: `beside it, ${other.name} ÷ the same`, reads: fewer, run }),
      );
      if (fills !== keys) throw new Error(`${other.name} was filled ${fills} times with ${keys} keys`);
      await other.close();
    }
    return figures;
  },
};

/** The least that answers: an async function over a Map, and in which order its keys are read. */
interface Floor {
  readonly keys: readonly string[];
  readonly map: ReadonlyMap<string, Seen>;
  readonly order: Uint32Array;
  run(): Promise<void>;
}

interface Seen {
  readonly value: VirtualMachineStatus;
}

function floorOf(refs: readonly Ref[], order: Uint32Array): Floor {
  const keys = refs.map(({ key }) => key);
  const map = new Map(refs.map((ref) => [ref.key, { value: statusOf(ref) }]));
  const lookUp = async (key: string) => map.get(key);
  return {
    keys,
    map,
    order,
    async run() {
      for (let read = 0; read < order.length; read += 1) {
        const found = await lookUp(keys[order[read] as number] as string);
        if (found?.value.powerState !== "running") throw new Error("it was answered wrong");
      }
    },
  };
}

async function readAll(other: OtherCache, { floor, reads }: { readonly floor: Floor; readonly reads: number }) {
  const { keys, order } = floor;
  for (let read = 0; read < reads; read += 1) {
    const found = await other.get(keys[order[read] as number] as string);
    if (found === undefined) throw new Error(`${other.name} did not answer`);
  }
}

/** What `reads` reads take by `run`, over what as many take by the floor. */
async function timesTheFloor(measured: {
  readonly row: string;
  readonly name: string;
  readonly seed: number;
  readonly floor: Floor;
  readonly reads: number;
  readonly rounds: number;
  readonly warmUp: number;
  run(): Promise<void>;
}): Promise<Figure> {
  const { row, name, seed, floor, reads, rounds, warmUp, run } = measured;
  const { ratio, subjectMs, peerMs } = await ratioOf({ rounds, warmUp, subject: run, peer: floor.run });
  const times = floor.order.length / reads;
  const nanoseconds = (ms: number, of: number) => `${((ms * 1e6) / of).toFixed(0)} ns`;
  return {
    row,
    name,
    value: ratio.median * times,
    unit: "x",
    n: reads * rounds,
    seed,
    spread: [ratio.min * times, ratio.max * times],
    note: `${nanoseconds(subjectMs.median, reads)} against ${nanoseconds(peerMs.median, floor.order.length)}`,
  };
}

/** A kernel on a vendor in this process, with permission, freezing and trace ids on. */
function kernelInMemory(
  { core, nexus: { createNexus }, cache }: Subjects,
  { isCached }: { readonly isCached: boolean },
) {
  const attic = createAttic(core);
  const { provider, partition, account, region } = ATTIC;
  const nexus = createNexus({
    providers: [attic.provider],
    accounts: [{ provider, partition, account, regions: [region], role: "reader" }],
    permission: {
      denial: ({ tenant }, asked) => (tenant === TENANT && asked.account === account ? undefined : "not yours"),
    },
    cache: isCached ? cache.createMemoryCache() : core.noCache,
  });
  return { attic, nexus, ctx: core.background().withTenant(TENANT) };
}

function refOf({ createRef, VirtualMachine }: Subjects["core"], index: number): Ref {
  return createRef({ ...ATTIC, kind: VirtualMachine.name, id: `vm-${index}` });
}

/** Which key each read is of, so that neither side finds the next one near. */
function inRandomOrder(keys: number, { reads, seed }: { readonly reads: number; readonly seed: number }): Uint32Array {
  const random = randomFrom(seed);
  return Uint32Array.from({ length: reads }, () => random.below(keys));
}
