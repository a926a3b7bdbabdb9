import { setTimeout } from "node:timers/promises";
import {
  exposedGc,
  type Figure,
  type Row,
  type RowRequest,
  randomFrom,
  startVendor,
  type Vendor,
} from "@cloudlink/measure";
import { startRedis, startToxiproxy } from "@cloudlink/testbed";
import { type LoadScene, READS_PER_SECOND, readFor } from "./load.ts";
import { type Outage, outagesOf } from "./outage.ts";
import { ReadTally } from "./read-tally.ts";
import { machineRef, RECOVERED_MS, type Recovery, RecoveryWatch } from "./recovery.ts";
import { createReplica, type Replica } from "./replica.ts";
import { Rush, type Taken } from "./rush.ts";
import { ACCOUNTS, machinesReadIn, worldOf } from "./world.ts";

/**
 * How long everything lasts, in seconds: each outage, the time after each, the calm before them, and before that what it takes to load and
 * compile what is used.
 */
type Timetable = Readonly<Record<Outage["name"] | "warm" | "calm" | "after", number>>;

/** The goal says 60 s of a Redis that is killed; what the others do shows sooner. */
const SECONDS: Readonly<Record<RowRequest["size"], Timetable>> = {
  full: { warm: 15, calm: 20, killed: 60, blackholed: 30, frozen: 20, after: 10 },
  reduced: { warm: 1, calm: 2, killed: 3, blackholed: 3, frozen: 2.5, after: 6.5 },
};

/** An outage and the time after it. */
interface Gone {
  readonly name: string;
  readonly tally: ReadTally;
  readonly recovery: Recovery;
  readonly taken: Taken;
  /** What the heap had before Redis was back, in bytes. */
  readonly heapB: number;
}

/** What was seen in all. */
interface Seen {
  readonly warm: ReadTally;
  readonly calm: ReadTally;
  readonly heapB: number;
  readonly gone: readonly Gone[];
  /** Of the vendor's requests, those that it throttled. */
  readonly vendorCalls: number;
  readonly throttled: number;
}

/**
 * Row 1: two replicas over one Redis, which is killed, does not answer, stands still, and comes back each time. The control is a cache that
 * waits for Redis as long as that takes.
 */
export const redisRow: Row = {
  row: "fault-1",
  group: "redis",
  async measure(request) {
    const { subjects, seed } = request;
    await using server = await startRedis();
    await using toxiproxy = await startToxiproxy();
    const proxy = await toxiproxy.proxy({ upstream: server.port });
    const outages = outagesOf(server, proxy);
    await using vendor = await startVendor(worldOf(outages.length));
    const settings = { vendor, port: proxy.port };
    await using one = await createReplica(request, settings);
    await using other = await createReplica(request, settings);
    const replicas = [one, other] as const;
    const refs = ACCOUNTS.flatMap((account) =>
      machinesReadIn(account).map((id) => machineRef(subjects.core, { account, id })),
    );
    const scene = { subjects, replicas, refs, random: randomFrom(seed) };
    const seconds = timetableOf(request);
    const gc = exposedGc();
    const heapB = () => {
      gc();
      return process.memoryUsage().heapUsed;
    };

    const [warm, calm] = [new ReadTally(), new ReadTally()];
    await readFor(scene, { seconds: seconds.warm, tally: warm });
    await readFor(scene, { seconds: seconds.calm, tally: calm });
    const heapBeforeB = heapB();
    const gone: Gone[] = [];
    for (const [index, outage] of outages.entries()) {
      gone.push(await endure({ scene, replicas, seconds, heapB }, { outage, index }));
    }
    const { vendorCalls, throttled } = await vendorSays(vendor);
    return figures(request, { warm, calm, heapB: heapBeforeB, gone, vendorCalls, throttled });
  },
};

/** As long as `size` means, or as `--size` reads take: an outage lasts as long as a reduced one at the least, or nobody would notice it. */
function timetableOf({ size, count }: RowRequest): Timetable {
  if (count === undefined) return SECONDS[size];
  const { full, reduced } = SECONDS;
  const all = full.warm + full.calm + full.killed + full.blackholed + full.frozen + 3 * full.after;
  const share = count / (all * READS_PER_SECOND);
  const names = Object.keys(full) as (keyof Timetable)[];
  return Object.fromEntries(names.map((name) => [name, Math.max(reduced[name], full[name] * share)])) as Timetable;
}

interface Stage {
  readonly scene: LoadScene;
  readonly replicas: readonly [Replica, Replica];
  readonly seconds: Timetable;
  heapB(): number;
}

async function endure(
  { scene, replicas, seconds, heapB }: Stage,
  { outage, index }: { readonly outage: Outage; readonly index: number },
): Promise<Gone> {
  const { name } = outage;
  const tally = new ReadTally();
  const watch = new RecoveryWatch(scene.subjects, { replicas, outage: index, tally });
  const rush = new Rush(scene.subjects, replicas);
  await watch.before();
  await rush.before();
  await outage.begin();
  const [, taken] = await Promise.all([
    readFor(scene, { seconds: seconds[name], tally }),
    rush.meanwhile(seconds[name]),
    setTimeout(seconds[name] * 500).then(() => watch.meanwhile()),
  ]);
  const heapGoneB = heapB();
  await outage.end();
  const [recovery] = await Promise.all([watch.after(seconds.after), readFor(scene, { seconds: seconds.after, tally })]);
  return { name, tally, recovery, taken, heapB: heapGoneB };
}

async function vendorSays(vendor: Vendor): Promise<Pick<Seen, "vendorCalls" | "throttled">> {
  const { requests } = (await vendor.control("GET", "requests?action=DescribeInstances&limit=1000000")) as {
    requests: readonly { readonly status?: number; readonly code?: string }[];
  };
  const throttled = requests.filter(({ code }) => code === "RequestLimitExceeded").length;
  return { vendorCalls: requests.length, throttled };
}

function figures(request: RowRequest, seen: Seen): readonly Figure[] {
  const { warm, calm, gone, vendorCalls, throttled } = seen;
  const figure = (name: string, about: Pick<Figure, "value" | "unit" | "goal" | "n" | "note">): Figure => ({
    ...{ row: "fault-1", name, seed: request.seed, ...about },
  });
  const tallies = [warm, calm, ...gone.map(({ tally }) => tally)];
  const sum = (of: (tally: ReadTally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  const failures = [...new Set(tallies.flatMap((tally) => tally.failures))];
  const recoveries = gone.map(({ recovery }) => recovery);
  const stale = recoveries.flatMap(({ staleMs }) => staleMs);
  const shared = recoveries.map(({ sharedMs }) => sharedMs);
  const growth = gone.map(({ heapB }) => (heapB / seen.heapB - 1) * 100);
  return [
    figure("failed reads", {
      ...{ value: sum(({ failed }) => failed), unit: "", goal: { atMost: 0 }, n: sum(({ count }) => count) },
      note:
        failures.length === 0
          ? `${vendorCalls} calls of DescribeInstances, ${throttled} of them throttled`
          : failures.join(", "),
    }),
    ...gone.map(({ name, tally }) =>
      figure(`added p99, ${name}`, {
        ...{ value: tally.percentile(0.99) - calm.percentile(0.99), unit: "ms", goal: { atMost: 50 }, n: tally.count },
        note: [tally, calm]
          .map((each) => [0.5, 0.99, 1].map((share) => ms(each.percentile(share))).join(" / "))
          .join("; calm "),
      }),
    ),
    figure("calls of a replica to what is its part of a limit, the most", {
      value: Math.max(...gone.flatMap(({ taken: { calls, share } }) => calls.map((each) => each / share))),
      ...{ unit: "x", goal: { atMost: 1 }, n: gone.reduce((total, { taken }) => total + taken.calls.length, 0) },
      note: gone
        .map(({ name, taken: { calls, share } }) => `${name} ${calls.join(" and ")} of ${share.toFixed(0)}`)
        .join(", "),
    }),
    figure("growth of the heap", {
      ...{ value: Math.max(...growth), unit: "%", goal: { atMost: 10 }, n: gone.length },
      note: `${(seen.heapB / 2 ** 20).toFixed(1)} MiB, then ${gone.map(({ heapB }) => `${((heapB - seen.heapB) / 2 ** 20).toFixed(2)} MiB more`).join(", ")}`,
    }),
    figure("outages after which the cache was not shared again", {
      ...{ value: shared.filter((each) => each === undefined).length, unit: "", goal: { atMost: 0 }, n: gone.length },
      note: `each was watched for ${timetableOf(request).after.toFixed(1)} s`,
    }),
    figure("until a value that one replica fetched answered the other", {
      // NaN, where it never did.
      value: Math.max(...shared.map((each) => each ?? Number.NaN)),
      ...{ unit: "ms", goal: { atMost: RECOVERED_MS }, n: gone.length },
      note: shared.map((each, index) => `${gone[index]?.name} ${ms(each ?? Number.NaN)}`).join(", "),
    }),
    figure("answers invalidated during the outage, later than 5 s after it", {
      value: stale.filter((each) => each > RECOVERED_MS).length,
      ...{ unit: "", goal: { atMost: 0 } },
      n: recoveries.reduce((total, { lateLooks }) => total + lateLooks, 0),
      note:
        stale.length === 0
          ? `none before that either, of ${recoveries.reduce((total, { looks }) => total + looks, 0)}`
          : `the last one of ${stale.length} after ${ms(Math.max(...stale))}`,
    }),
  ];
}

function ms(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : "never";
}
