import type { AnswerSource, Ref } from "@cloudlink/core";
import { type Figure, type Row, randomFrom } from "@cloudlink/measure";
import { startRedis } from "@cloudlink/testbed";
import { Redis } from "ioredis";
import { ATTIC, createAttic } from "../attic.ts";
import { inFlight } from "../in-flight.ts";
import { ratioOf } from "../measure.ts";
import { rawRedis, redisPeers } from "../redis-peers.ts";
import { type SharedKernel, type SharedStore, sharedKernel, until } from "../shared-kernel.ts";
import { typicalMachine } from "../typical-machine.ts";

const KEYS = 10_000;
const FLIGHTS = 64;
const READS = 6_400;

/** Nothing expires while it is measured. */
const MAX_AGE_MS = 3_600_000;

/** Of all reads, at the most: where the machine stands still for longer than a kernel waits for Redis, it asks the vendor. */
const MOST_MISSED = 0.01;

/** So many accounts have the keys where they are spread: no two reads at once are of one place then, as a rule. */
const ACCOUNTS = 1_000;

/**
 * Row 4: a get that the shared level answers, this process's memory left out, over the bare client's GET of the same value. The control asks for
 * one resource a request.
 */
export const redisHit: Row = {
  row: "speed-4",
  group: "cache",
  async measure({ subjects, size, seed, control, count }) {
    const isFull = size === "full";
    const keys = isFull ? KEYS : 64;
    const rounds = isFull ? 15 : 1;
    const warmUp = isFull ? 3 : 0;
    await using server = await startRedis();
    const redis = new Redis(server.url);
    const random = randomFrom(seed);
    const order = Uint32Array.from({ length: isFull ? (count ?? READS) : 128 }, () => random.below(keys));
    const values = Array.from({ length: keys }, (_, index) =>
      typicalMachine({ id: idOf(index), region: ATTIC.region }),
    );

    const raw = rawRedis(redis);
    await inFlight({ order: everyKey(keys), flights: FLIGHTS }, async (key) => {
      await raw.set(String(key), values[key] as object);
    });
    const rawRound = (flights: number) => () =>
      inFlight({ order, flights }, async (key) => check(await raw.get(`${key}`)));

    const figures: Figure[] = [];
    const compare = async (
      name: string,
      run: (flights: number) => () => Promise<void>,
      { flights = FLIGHTS, goal }: Pick<Figure, "goal"> & { readonly flights?: number } = {},
    ) => {
      const before = await serverCpuMs(server);
      const measured = await ratioOf({ rounds, warmUp, subject: run(flights), peer: rawRound(flights) });
      const { ratio, subjectMs, peerMs } = measured;
      const micros = (ms: number) => `${((ms * 1_000) / order.length).toFixed(1)} µs`;
      const serverMs = (await serverCpuMs(server)) - before;
      const perRead = micros(serverMs / (2 * (rounds + warmUp)));
      figures.push({
        row: "speed-4",
        name: `${name} ÷ ioredis GET + JSON.parse, ${flights} in flight, client CPU`,
        value: ratio.median,
        unit: "x",
        ...(goal !== undefined && { goal }),
        n: order.length * rounds,
        seed,
        spread: [ratio.min, ratio.max],
        note: `${micros(subjectMs.median)} against ${micros(peerMs.median)}; the server's, both together: ${perRead}`,
      });
    };

    const around = control ? oneByOne : undefined;
    for (const accounts of [1, ...(control ? [] : [ACCOUNTS])]) {
      const names = Array.from({ length: accounts }, (_, index) => (accounts === 1 ? ATTIC.account : `a${index}`));
      const attic = createAttic(subjects.core, { statusOf: typicalMachine });
      const place = { redis, provider: attic.provider, hasMemory: false, patienceMs: 10_000 };
      await using kernel = await sharedKernel(subjects, {
        ...place,
        accounts: names.map((account) => ({ account, regions: [ATTIC.region] })),
        ...(around !== undefined && { around }),
      });
      const { createRef, VirtualMachine } = subjects.core;
      const refs = values.map((_, index) =>
        createRef({
          ...ATTIC,
          account: names[index % accounts] as string,
          kind: VirtualMachine.name,
          id: idOf(index),
        }),
      );
      const read = readerOf(kernel, { kind: VirtualMachine, refs });
      await storeAll(kernel, { keys, read });
      const callsBefore = attic.calls;
      const run = (flights: number) => () => inFlight({ order, flights }, read);
      if (accounts === 1) {
        await compare("nexus.get from Redis", run, { goal: { atMost: 1.15 } });
        if (!control) await compare("beside it, the same", run, { flights: 1 });
      } else await compare(`beside it, the same over ${accounts} accounts`, run);
      const reads = order.length * (rounds + warmUp) * (accounts === 1 && !control ? 2 : 1);
      const missed = attic.calls - callsBefore;
      if (missed > reads * MOST_MISSED) throw new Error(`${missed} of ${reads} reads were not answered by Redis`);
    }
    if (!control) {
      await compare(`beside it, ioredis MGET of ${FLIGHTS} + JSON.parse`, () => () => readByMget(redis, order));
      for (const peer of await redisPeers({ redis, url: server.url })) {
        await inFlight({ order: everyKey(keys), flights: FLIGHTS }, async (key) => {
          await peer.set(`${key}`, values[key] as object);
        });
        await compare(
          `beside it, ${peer.name}`,
          (flights) => () => inFlight({ order, flights }, async (key) => check(await peer.get(`${key}`))),
        );
        await peer.close();
      }
    }
    redis.disconnect();
    return figures;
  },
};

function idOf(index: number): string {
  return `i-0${index.toString(16).padStart(16, "0")}`;
}

function everyKey(keys: number): Uint32Array {
  return Uint32Array.from({ length: keys }, (_, index) => index);
}

function check(value: unknown): void {
  if ((value as { readonly powerState?: string } | undefined)?.powerState !== "running") {
    throw new Error("it was answered wrong");
  }
}

/** Reads by the kernel; each says what answered it. */
function readerOf(
  { nexus, ctx }: SharedKernel,
  { kind, refs }: { readonly kind: typeof import("@cloudlink/core").VirtualMachine; readonly refs: readonly Ref[] },
): (key: number) => Promise<AnswerSource> {
  return async (key) => {
    const { value, freshness } = await nexus.get(ctx, { kind, ref: refs[key] as Ref, maxAgeMs: MAX_AGE_MS });
    check(value);
    if (freshness.source === "memory") throw new Error("memory answered, which was to be left out");
    return freshness.source;
  };
}

/** Reads everything until all of it is in Redis: on a busy machine one request or another takes longer than the kernel waits for it. */
async function storeAll(
  kernel: SharedKernel,
  { keys, read }: { readonly keys: number; read(key: number): Promise<AnswerSource> },
): Promise<void> {
  for (let tries = 0, live = 1; live > 0; tries += 1) {
    if (tries === 20) throw new Error("Redis does not take what is to be stored");
    live = 0;
    await until(() => kernel.use().state === "up");
    await inFlight({ order: everyKey(keys), flights: FLIGHTS }, async (key) => {
      if ((await read(key)) === "live") live += 1;
    });
  }
}

/** What a client can do at the best: the keys of all reads at once in one command. */
async function readByMget(redis: Redis, order: Uint32Array): Promise<void> {
  for (let start = 0; start < order.length; start += FLIGHTS) {
    const keys = Array.from(order.subarray(start, start + FLIGHTS), (key) => `raw:${key}`);
    for (const text of await redis.mget(keys)) check(JSON.parse(text ?? "null"));
  }
}

/** A store that is asked for one resource at a time. */
function oneByOne(store: SharedStore): SharedStore {
  return {
    ...store,
    async read(place, reads) {
      const replies = await Promise.all(reads.map((read) => store.read(place, [read])));
      return {
        nowMs: Math.max(...replies.map(({ nowMs }) => nowMs)),
        findings: replies.flatMap((each) => each.findings),
      };
    },
  };
}

/** What the server has taken of its processor. */
async function serverCpuMs(server: { command(args: readonly string[]): Promise<unknown> }): Promise<number> {
  const text = String(await server.command(["INFO", "cpu"]));
  const seconds = ["used_cpu_user", "used_cpu_sys"].map((name) =>
    Number(new RegExp(`${name}:([\\d.]+)`).exec(text)?.[1]),
  );
  return seconds.reduce((sum, each) => sum + each, 0) * 1_000;
}
