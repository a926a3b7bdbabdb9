import type { Figure, Row, RowRequest } from "@cloudlink/measure";
import { startRedis } from "@cloudlink/testbed";
import { spreadOf } from "../measure.ts";
import type { ReaderPolicy, ReaderSaid, ReaderSettings } from "../processes/reader-process.ts";
import { type RowProcess, startProcess } from "../processes/start-process.ts";
import { portOf } from "../processes/vendor-port.ts";
import type { VendorSaid } from "../processes/vendor-process.ts";

const PROCESSES = 4;
/** For a test: one more than may ask the vendor when the holder is lost. */
const FEWER_PROCESSES = 3;
const CALLERS = 250;

/** What the vendor takes: long enough that 1,000 callers' own work on two cores, some tens of milliseconds, is little beside it. */
const VENDOR_MS = 1_000;

/** The holder is lost when so much of the vendor's time is over: late, which costs those who wait for it the most. */
const LOST_AFTER_SHARE = 0.9;

/** How the process that asks the vendor is lost, if it is. */
type Loss = "SIGKILL" | "SIGSTOP" | undefined;

interface Miss {
  readonly vendorCalls: number;
  /** From the first read until all processes that are left have answered all their callers. */
  readonly ms: number;
}

/** Row 5: several processes miss one resource at once. The control's processes share nothing and go one after the other, as by a lock around a read. */
export const oneMiss: Row = {
  row: "speed-5",
  group: "cache",
  async measure(request) {
    const { control, size } = request;
    const rounds = (full: number) => (size === "full" ? full : 1);
    const policy: ReaderPolicy = control ? "kernel alone" : "kernel";
    await using bench = await startMisses(request);
    const figures: Figure[] = [
      ...figuresOf("4 processes × 250 callers miss one key", {
        misses: await bench.missesBy(policy, { rounds: rounds(11) }),
        most: { calls: 1, times: 1.2 },
        takesMs: bench.takesMs,
      }),
    ];
    const afterLoss = { calls: 2, times: 2 + 500 / VENDOR_MS };
    for (const [loss, what] of [
      ["SIGKILL", "killed"],
      ["SIGSTOP", "frozen"],
    ] as const) {
      const misses = await bench.missesBy(policy, { rounds: rounds(5), loss });
      const of = { misses, most: afterLoss, takesMs: bench.takesMs };
      figures.push(...figuresOf(`the holder ${what} at ${LOST_AFTER_SHARE} of the vendor's time`, of));
    }
    if (control) return figures;
    for (const peer of ["bentocache", "cache-manager"] as const) {
      const misses = await bench.missesBy(peer, { rounds: rounds(5) });
      figures.push(...figuresOf(`beside it, ${peer}`, { misses, takesMs: bench.takesMs }));
    }
    return figures;
  },
};

function figuresOf(
  name: string,
  of: {
    readonly misses: readonly Miss[];
    readonly most?: { readonly calls: number; readonly times: number };
    readonly takesMs: number;
  },
): readonly Figure[] {
  const { misses, most, takesMs } = of;
  const calls = spreadOf(misses.map(({ vendorCalls }) => vendorCalls));
  const times = spreadOf(misses.map(({ ms }) => ms / takesMs));
  const common = { row: "speed-5", n: misses.length };
  return [
    {
      ...common,
      name: `${name}: vendor calls, the most of all rounds`,
      value: calls.max,
      unit: "",
      spread: [calls.min, calls.max],
      ...(most !== undefined && { goal: { atMost: most.calls } }),
    },
    {
      ...common,
      name: `${name}: until all have it ÷ what the vendor takes`,
      value: times.median,
      unit: "x",
      spread: [times.min, times.max],
      ...(most !== undefined && { goal: { atMost: most.times } }),
      note: `the vendor takes ${takesMs} ms`,
    },
  ];
}

type Reader = RowProcess<ReaderSaid>;

/** The vendor and the Redis that all have, and what is done with them. */
async function startMisses({ subjects, size, control }: RowRequest) {
  const takesMs = size === "full" ? VENDOR_MS : 300;
  const processes = size === "full" ? PROCESSES : FEWER_PROCESSES;
  const callers = size === "full" ? CALLERS : 5;
  const server = await startRedis();
  const vendor = startProcess<VendorSaid>("vendor-process", { takesMs });
  const vendorPort = await portOf(vendor);
  let asked: readonly number[] = [];
  let wasAsked = () => {};
  vendor.onSaid((said) => {
    if ("by" in said) asked = [...asked, said.by];
    wasAsked();
  });
  let read = 0;

  async function start(policy: ReaderPolicy): Promise<Reader> {
    const { directory } = subjects;
    const settings: ReaderSettings = { policy, directory, redisUrl: server.url, vendorPort };
    const reader = startProcess<ReaderSaid>("reader-process", settings);
    await reader.next();
    return reader;
  }

  /** All miss a key that nobody has read; whoever asks the vendor first is lost, if that is wanted. */
  async function miss(readers: readonly Reader[], loss: Loss): Promise<Miss & { readonly lost: Reader | undefined }> {
    asked = [];
    read += 1;
    const id = `m-${read}`;
    const first = new Promise<void>((resolve) => {
      wasAsked = resolve;
    });
    const begun = performance.now();
    let lost: Reader | undefined;
    const losing = first.then(async () => {
      if (loss === undefined) return;
      await new Promise((resolve) => setTimeout(resolve, takesMs * LOST_AFTER_SHARE));
      lost = readers.find(({ pid }) => pid === asked[0]);
      lost?.signal(loss);
    });
    const answers = [];
    for (const reader of readers) {
      reader.send({ id, callers });
      const answer = reader.next().then(
        () => performance.now() - begun,
        () => 0,
      );
      const gone = losing.then(() => (lost === reader ? 0 : answer));
      answers.push(Promise.race([answer, gone]));
      if (control) await answers.at(-1);
    }
    const ms = Math.max(...(await Promise.all(answers)));
    const vendorCalls = asked.length;
    // A frozen one goes on, and has to be done with its read before there is another.
    if (loss === "SIGSTOP") lost?.signal("SIGCONT");
    return { vendorCalls, ms, lost };
  }

  return {
    takesMs,
    async missesBy(policy: ReaderPolicy, { rounds, loss }: { readonly rounds: number; readonly loss?: Loss }) {
      let readers = await Promise.all(Array.from({ length: processes }, () => start(policy)));
      const misses: Miss[] = [];
      // The first compiles what the others run.
      for (let round = 0; round <= rounds; round += 1) {
        const isWarmUp = round === 0;
        const { lost, ...seen } = await miss(readers, isWarmUp ? undefined : loss);
        if (!isWarmUp) misses.push(seen);
        if (lost === undefined) continue;
        await lost[Symbol.asyncDispose]();
        const left = readers.filter((reader) => reader !== lost);
        readers = round === rounds ? left : [...left, await start(policy)];
      }
      for (const reader of readers) await reader[Symbol.asyncDispose]();
      return misses;
    },
    async [Symbol.asyncDispose]() {
      await vendor[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}
