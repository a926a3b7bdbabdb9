import {
  type Random,
  REGION,
  type Row,
  type RowRequest,
  randomFrom,
  startVendor,
  type Vendor,
} from "@cloudlink/measure";

/** Two accounts of one vendor, with the same machines: in one the quiet tenants are alone, at the same time, on the same machine. */
const ALONE = "111111111111";
const SHARED = "222222222222";

const MACHINES = 200;

/** What a vendor's answer takes, in milliseconds: as in the economy workload. */
const VENDOR_MS = 120;

/** Quiet tenants, and what all of them read in a second: more than half of what the vendor's bucket of 100 and 20 a second has for the account. */
const QUIET_TENANTS = 10;
const QUIET_PER_SECOND = 12;

/** How many reads the noisy tenant has going at any time. Each is a vendor call of its own. */
const NOISY_AT_ONCE = 50;

const SECONDS = { full: 60, reduced: 2 } as const;

/** What became of the reads of some tenants. */
interface Tally {
  readonly tookMs: number[];
  throttled: number;
  failed: number;
}

/**
 * Row 14: one noisy tenant and ten quiet ones on one AWS account, all live: quiet ones read machines by Zipf's law (exponent 1) at random instants, the
 * noisy one reads native bodies as fast as it gets them. The control has its calls pass through as they come.
 */
export const noisyTenant: Row = {
  row: "speed-14",
  group: "limits",
  async measure(request) {
    const { size, seed } = request;
    await using vendor = await startVendor(world);
    const fault = { kind: "latency", latencyMs: VENDOR_MS };
    // After it has counted the call: it is its work that takes so long, not the way there.
    await vendor.control("POST", "faults", { action: "DescribeInstances", fault, when: "after" });
    let refusals = 0;
    await using nexus = createKernel(request, { vendor, refused: () => (refusals += 1) });
    const read = reader(request, nexus);
    await warmUp(size === "full", (wish) => read(wish, newTally()));
    const seconds = request.count ?? SECONDS[size];
    const end = performance.now() + seconds * 1_000;
    const [alone, quiet, noisy] = [newTally(), newTally(), newTally()];
    await Promise.all([
      readQuietly({ account: ALONE, random: randomFrom(seed), end }, (wish) => read(wish, alone)),
      readQuietly({ account: SHARED, random: randomFrom(seed), end }, (wish) => read(wish, quiet)),
      readNoisily({ random: randomFrom(seed + 1), end }, (wish) => read(wish, noisy)),
    ]);
    const all = [alone, quiet, noisy];
    const failed = all.reduce((sum, tally) => sum + tally.failed, 0);
    if (failed > 0) throw new Error(`${failed} reads failed by something else than a limit`);
    const throttled = quiet.throttled + noisy.throttled;
    const reads = quiet.tookMs.length + noisy.tookMs.length + throttled;
    const [p99, p99Alone] = [percentile(quiet.tookMs, 0.99), percentile(alone.tookMs, 0.99)];
    return [
      {
        ...{ row: "speed-14", name: "throttles that reached a caller, of all on the shared account", unit: "", seed },
        ...{ value: throttled, goal: { atMost: 0 }, n: reads },
        note: `${quiet.throttled} quiet tenants', ${noisy.throttled} the noisy one's; ${refusals} tries were refused and made again; ${seconds} s`,
      },
      {
        ...{ row: "speed-14", name: "the quiet tenants' p99 beside a noisy one ÷ alone", unit: "x", seed },
        ...{ value: p99 / p99Alone, goal: { atMost: 1.5 }, n: quiet.tookMs.length },
        note: `${p99.toFixed(0)} ms against ${p99Alone.toFixed(0)} ms; the vendor takes ${VENDOR_MS} ms; the noisy one's ${noisy.tookMs.length} took ${percentile(noisy.tookMs, 0.5).toFixed(0)} ms in the middle`,
      },
    ];
  },
};

const world = {
  world: {
    accounts: [ALONE, SHARED].map((id) => ({
      id,
      accessKeys: [{ accessKeyId: `AKIA${id}NOIS`, secretAccessKey: `not-a-secret-${id}` }],
    })),
    instances: [ALONE, SHARED].flatMap((account) =>
      Array.from({ length: MACHINES }, (_, machine) => ({
        ...{ id: machineId(account, machine), account, region: REGION, state: "running" as const },
      })),
    ),
    population: false,
    limits: "published" as const,
  },
};

function machineId(account: string, machine: number): string {
  return `i-${account.slice(0, 1)}${machine.toString(16).padStart(16, "0")}`;
}

/** A kernel as users set one up for reads that are live. */
function createKernel(
  { subjects, control }: RowRequest,
  { vendor, refused }: { readonly vendor: Vendor; readonly refused: () => void },
) {
  const { core, nexus, aws } = subjects;
  const { endpoint, accounts } = vendor;
  return nexus.createNexus({
    providers: [aws.aws({ endpoint })],
    accounts: accounts.map(({ id }) => ({
      ...{ provider: "aws", partition: "aws", account: id, regions: [REGION], role: "reader" },
    })),
    credentials: core.staticCredentials(({ account }) => {
      const key = accounts.find(({ id }) => id === account)?.accessKeys[0];
      return key === undefined ? undefined : { ...key };
    }),
    // Told of each refusal of the vendor's that is answered by another try.
    telemetry: { ...core.noTelemetry, retry: refused },
    ...(control && { limits: { of: () => "none" as const } }),
  });
}

interface Wish {
  readonly account: string;
  readonly tenant: string;
  readonly machine: number;
  readonly native: boolean;
}

/** Reads, and writes down what came of it. */
function reader({ subjects }: RowRequest, nexus: ReturnType<typeof createKernel>) {
  const { background, CloudLinkError, VirtualMachine: kind } = subjects.core;
  return async ({ account, tenant, machine, native }: Wish, tally: Tally): Promise<void> => {
    const ref = `arn:aws:ec2:${REGION}:${account}:instance/${machineId(account, machine)}`;
    const began = performance.now();
    try {
      await nexus.get(background().withTenant(tenant), { kind, ref, native, maxAgeMs: 0 });
      tally.tookMs.push(performance.now() - began);
    } catch (error) {
      if (CloudLinkError.isInstance(error) && error.code === "resource_exhausted") tally.throttled += 1;
      else tally.failed += 1;
    }
  };
}

/** Loads AWS's SDK, opens connections, has code compiled, and waits until the buckets are full again: what begins is no part of the figures. */
async function warmUp(isWhole: boolean, read: (wish: Wish) => Promise<void>): Promise<void> {
  for (const count of isWhole ? [1, 20, 20] : [1]) {
    const wishes = [ALONE, SHARED].flatMap((account) =>
      Array.from({ length: count }, (_, machine) => ({ account, machine, tenant: "first", native: true })),
    );
    await Promise.all(wishes.map(read));
  }
  if (isWhole) await new Promise((resolve) => setTimeout(resolve, 5_000));
}

interface Reading {
  readonly random: Random;
  /** Until when reads begin. */
  readonly end: number;
}

/** Independent reads, each at its instant, whatever became of those before. */
async function readQuietly(
  { account, random, end }: Reading & { readonly account: string },
  read: (wish: Wish) => Promise<void>,
): Promise<void> {
  const weights = Array.from({ length: MACHINES }, (_, rank) => 1 / (rank + 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const pick = () => {
    let left = random.next() * sum;
    return weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
  };
  const reads: Promise<void>[] = [];
  for (let due = performance.now(); due < end; due += (-Math.log(1 - random.next()) * 1_000) / QUIET_PER_SECOND) {
    const waitMs = due - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const tenant = `quiet-${random.below(QUIET_TENANTS)}`;
    reads.push(read({ account, tenant, machine: Math.max(0, pick()), native: false }));
  }
  await Promise.all(reads);
}

async function readNoisily({ random, end }: Reading, read: (wish: Wish) => Promise<void>): Promise<void> {
  const keepReading = async () => {
    while (performance.now() < end) {
      await read({ account: SHARED, tenant: "noisy", machine: random.below(MACHINES), native: true });
    }
  };
  await Promise.all(Array.from({ length: NOISY_AT_ONCE }, keepReading));
}

function newTally(): Tally {
  return { tookMs: [], throttled: 0, failed: 0 };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
