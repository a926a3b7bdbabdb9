import type { Figure, Row } from "@cloudlink/measure";
import { startRedis } from "@cloudlink/testbed";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { ATTIC, createAttic } from "../attic.ts";
import { median, spreadOf } from "../measure.ts";
import type { ListenerSaid, ListenerSettings, Memory, Read } from "../processes/listener-process.ts";
import { startProcess } from "../processes/start-process.ts";
import { sharedKernel } from "../shared-kernel.ts";

/** Of each sort, one after the other in turn. */
const INVALIDATIONS = 2_000;
const WARM_UP = 200;

/** What is compared: the median of so many at once, for a smallest and a largest one. */
const PART = 200;

/** What the control's words are late by: a poll of a log every 10 ms, on average. */
const LATE_MS = 5;

/**
 * Row 6: from just before one process invalidates to when the memory of another does not answer any more, over the same by node-redis's client-side
 * caching, where it is a SET that invalidates. One clock: `process.hrtime` is the machine's.
 */
export const invalidation: Row = {
  row: "speed-6",
  group: "cache",
  async measure({ subjects, size, control, count }) {
    const isFull = size === "full";
    const times = isFull ? (count ?? INVALIDATIONS) : 5;
    const warmUp = isFull ? WARM_UP : 0;
    await using server = await startRedis();
    const redis = new Redis(server.url);
    const client = createClient({ url: server.url });
    await client.connect();
    await using kernel = await sharedKernel(subjects, {
      redis,
      provider: createAttic(subjects.core).provider,
      accounts: [{ account: ATTIC.account, regions: [ATTIC.region] }],
      ...{ hasMemory: true, patienceMs: 10_000 },
    });
    const { directory } = subjects;
    const settings: ListenerSettings = { directory, redisUrl: server.url, lateMs: control ? LATE_MS : 0 };
    await using listener = startProcess<ListenerSaid>("listener-process", settings);
    await listener.next();

    const { createRef, VirtualMachine: kind } = subjects.core;
    const invalidate: Record<Memory, (key: string) => Promise<unknown>> = {
      kernel: (key) => kernel.nexus.invalidate(kernel.ctx, { ref: createRef({ ...ATTIC, kind: kind.name, id: key }) }),
      "node-redis": (key) => client.set(key, "changed"),
    };
    const seenMs: Record<Memory, number[]> = { kernel: [], "node-redis": [] };
    for (let round = 0; round < warmUp + times; round += 1) {
      for (const memory of ["kernel", "node-redis"] as const) {
        const key = `m-${round % 100}`;
        if (memory === "node-redis") await client.set(key, "as it was");
        listener.send({ memory, key } satisfies Read);
        await listener.next();
        const begun = process.hrtime.bigint();
        const invalidated = invalidate[memory](key);
        const said = await listener.next();
        await invalidated;
        if (said.type !== "gone") throw new Error("it was not invalidated");
        if (round >= warmUp) seenMs[memory].push(Number(BigInt(said.atNs) - begun) / 1e6);
      }
    }
    client.destroy();
    redis.disconnect();
    return [figureOf(seenMs)];
  },
};

function figureOf(seenMs: Readonly<Record<Memory, readonly number[]>>): Figure {
  const subject = seenMs.kernel;
  const peer = seenMs["node-redis"];
  const parts = Array.from({ length: Math.ceil(subject.length / PART) }, (_, part) => {
    const of = (all: readonly number[]) => median(all.slice(part * PART, (part + 1) * PART));
    return of(subject) / of(peer);
  });
  const { min, max } = spreadOf(parts);
  const centile = (all: readonly number[], share: number) =>
    `${all.toSorted((left, right) => left - right)[Math.floor(all.length * share)]?.toFixed(3)} ms`;
  const both = (share: number) => `${centile(subject, share)} against ${centile(peer, share)}`;
  return {
    row: "speed-6",
    name: "an invalidation is seen by another process's memory ÷ by node-redis's client-side cache, p50",
    value: median(subject) / median(peer),
    unit: "x",
    goal: { atMost: 1.5 },
    n: subject.length,
    spread: [min, max],
    note: `p50 ${both(0.5)}; p99 ${both(0.99)}; min and max of the medians of ${PART}`,
  };
}
