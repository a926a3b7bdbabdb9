/** Process CPU, user and system, in milliseconds: garbage collection included, other processes left out. */
async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A median with the smallest and largest value beside it. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The CPU of `subject` over that of `peer`, each pair of rounds in turn and in changing order, so that whatever else
 * the machine does meets both. The first rounds warm up and do not count.
 */
export async function ratioOf(settings: {
  readonly rounds: number;
  readonly warmUp: number;
  subject(): Promise<unknown>;
  peer(): Promise<unknown>;
}): Promise<{ readonly ratio: Spread; readonly subjectMs: Spread; readonly peerMs: Spread }> {
  const subjectMs: number[] = [];
  const peerMs: number[] = [];
  for (let round = 0; round < settings.warmUp + settings.rounds; round += 1) {
    const subjectFirst = round % 2 === 0;
    const first = await cpuMs(subjectFirst ? settings.subject : settings.peer);
    const second = await cpuMs(subjectFirst ? settings.peer : settings.subject);
    if (round < settings.warmUp) continue;
    subjectMs.push(subjectFirst ? first : second);
    peerMs.push(subjectFirst ? second : first);
  }
  const ratios = subjectMs.map((value, round) => value / (peerMs[round] ?? Number.NaN));
  return { ratio: spreadOf(ratios), subjectMs: spreadOf(subjectMs), peerMs: spreadOf(peerMs) };
}

/** How long the event loop did not turn, at the longest, while `work` ran. */
export interface LongestBlock {
  /** CPU that the loop's thread spent between two turns: what our code and its garbage cost, whatever else the machine does. */
  readonly cpuMs: number;
  /** The same by the clock, which has other processes in it. */
  readonly wallMs: number;
}

/** What {@link longestBlock} reads, so that a test can put its own in place. */
export interface BlockClocks {
  cpuMs(): number;
  wallMs(): number;
}

const systemClocks: BlockClocks = {
  cpuMs() {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  },
  wallMs: () => performance.now(),
};

export async function longestBlock(work: () => Promise<unknown>, clocks = systemClocks): Promise<LongestBlock> {
  const longest = { cpuMs: 0, wallMs: 0 };
  const last = { cpuMs: clocks.cpuMs(), wallMs: clocks.wallMs() };
  const turn = () => {
    for (const name of ["cpuMs", "wallMs"] as const) {
      const now = clocks[name]();
      longest[name] = Math.max(longest[name], now - last[name]);
      last[name] = now;
    }
  };
  let isRunning = true;
  const probe = () => {
    turn();
    if (isRunning) setImmediate(probe);
  };
  setImmediate(probe);
  try {
    await work();
  } finally {
    // What came after the last turn is a block too.
    turn();
    isRunning = false;
  }
  return longest;
}
