import type { Ref } from "@cloudlink/core";
import { type Row, randomFrom, startVendor } from "@cloudlink/measure";
import { liveKernel, someRefs } from "../live-kernel.ts";

const TENANTS = 1_000;

/** How often a tenant reads, as a dashboard that is open does; each at instants of its own. */
const PERIOD_MS = 5_000;
const PERIODS = 4;

/** What EC2 takes, by `goals.md`. */
const VENDOR_MS = 120;

/** The control asks for no more at once, as a pool of connections that somebody forgot: 83 a second, of the 200 that come. */
const POOL = 10;

/** Row 18: live reads of 1,000 tenants, of whom nothing is shared, over a vendor that takes its time. By the clock: it is what a caller waits. */
export const manyTenants: Row = {
  row: "speed-18",
  group: "live",
  async measure({ subjects, size, seed, control, count }) {
    const isFull = size === "full";
    const tenants = isFull ? (count ?? TENANTS) : 20;
    const periodMs = isFull ? PERIOD_MS : 200;
    const periods = isFull ? PERIODS : 1;
    await using vendor = await startVendor({ count: 100 });
    const { nexus, client } = liveKernel({ subjects }, vendor);
    const { background, VirtualMachine: kind } = subjects.core;
    const refs = await someRefs({ subjects, nexus }, 100);
    await vendor.control("POST", "faults", { fault: { kind: "latency", latencyMs: VENDOR_MS } });
    const contexts = Array.from({ length: tenants }, (_, tenant) => background().withTenant(`t${tenant}`));
    const enter = control ? poolOf(POOL) : async () => () => {};

    const read = async (tenant: number) => {
      const begun = performance.now();
      const leave = await enter();
      const ref = refs[tenant % refs.length] as Ref;
      const { freshness } = await nexus.get(contexts[tenant] as (typeof contexts)[number], { kind, ref });
      leave();
      if (freshness.source !== "live") throw new Error(`it was answered by ${freshness.source}`);
      return performance.now() - begun;
    };
    const sentBefore = await vendor.requestCount();
    const random = randomFrom(seed);
    const phases = Array.from({ length: tenants }, (_, tenant) => ({ tenant, atMs: random.next() * periodMs }));
    const due = Array.from({ length: periods }, (_, period) =>
      phases.map(({ tenant, atMs }) => ({ tenant, atMs: atMs + period * periodMs })),
    )
      .flat()
      .toSorted((left, right) => left.atMs - right.atMs);
    const times = await timesOf(due, read);
    const sent = (await vendor.requestCount()) - sentBefore;
    if (sent !== times.length) throw new Error(`${times.length} vendor calls were due, and the vendor saw ${sent}`);
    await nexus.close();
    client.destroy();
    const figure = { row: "speed-18", seed, unit: "ms" } as const;
    return [
      {
        ...figure,
        name: `live get, the vendor takes ${VENDOR_MS} ms, ${tenants} tenants each every ${periodMs / 1_000} s: p99`,
        value: centile(times, 0.99),
        goal: { atMost: 1_000 },
        n: times.length,
        note: `p50 ${centile(times, 0.5).toFixed(0)} ms, the longest ${centile(times, 1).toFixed(0)} ms`,
      },
    ];
  },
};

/** How long each read took that began when it was due. */
async function timesOf(
  due: readonly { readonly tenant: number; readonly atMs: number }[],
  read: (tenant: number) => Promise<number>,
): Promise<readonly number[]> {
  const begun = performance.now();
  const times: Promise<number>[] = [];
  for (const { tenant, atMs } of due) {
    const waitMs = begun + atMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    times.push(read(tenant));
  }
  return await Promise.all(times);
}

function centile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Lets so many in at once; each is told how to leave. */
function poolOf(most: number): () => Promise<() => void> {
  let free = most;
  const waiting: (() => void)[] = [];
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return leave;
  };
}
