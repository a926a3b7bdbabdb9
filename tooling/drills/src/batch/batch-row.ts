import { type Figure, type Row, type RowRequest, randomFrom, startVendor, type Vendor } from "@cloudlink/measure";
import { carelessReader, type End, kernelReader, type Reader } from "./reader.ts";
import { planRound, type Round, reasonOf, TOGETHER, troubles } from "./round.ts";
import { createKernel, world } from "./world.ts";

/** Reads in all; a round is {@link TOGETHER} of either sort. */
const COUNT = { full: 20_000, reduced: 1_000 } as const;

/** How often a read is tried that the vendor throttles: the kernel's own number. */
const TRIES = 3;

/** What was wrong in a round. */
interface RoundFound {
  readonly failed: readonly string[];
  readonly mistold: readonly string[];
  readonly waited: number;
  readonly calls: number;
  readonly most: number;
}

/**
 * Row 9: a hundred reads at once, one of which cannot be had, by gets that leave together and by getMany. The control is a batcher that gives
 * everybody the first error.
 */
export const batchRow: Row = {
  row: "fault-9",
  group: "batch",
  async measure(request) {
    const { subjects, seed, size, control } = request;
    const random = randomFrom(seed);
    const rounds = Math.max(troubles.length, Math.ceil((request.count ?? COUNT[size]) / (2 * TOGETHER)));
    await using vendor = await startVendor(world);
    await using kernel = createKernel(subjects, vendor);
    const reader = control ? carelessReader(subjects, kernel) : kernelReader(subjects, kernel);
    const found: RoundFound[] = [];
    for (let number = 0; number < rounds; number += 1) {
      found.push(await play(planRound(random, number), { vendor, reader }));
    }
    return figures(request, found);
  },
};

async function play(
  round: Round,
  { vendor, reader }: { readonly vendor: Vendor; readonly reader: Reader },
): Promise<RoundFound> {
  const { trouble, account, gets, many, atOnce } = round;
  if (trouble === "throttled") await throttle(vendor, account);
  const before = await callsOf(vendor);
  const settled: string[] = [];
  const get = async (ref: string) => {
    const end = await reader.get(ref, round);
    settled.push(ref);
    return end;
  };
  const getting = Promise.all(gets.map(get));
  if (!atOnce) await getting;
  const [ofGets, ofMany] = await Promise.all([getting, reader.getMany(many, round)]);
  const calls = (await callsOf(vendor)) - before;
  if (trouble === "throttled") await vendor.control("DELETE", "faults");
  const judged = [...judge(round, { refs: gets, ends: ofGets }), ...judge(round, { refs: many, ends: ofMany })];
  return {
    failed: judged.flatMap(({ isBad, reason }) => (isBad || reason === undefined ? [] : `${trouble}: ${reason}`)),
    mistold: judged.flatMap(({ isBad, reason }) =>
      isBad && reason !== reasonOf[trouble] ? `${trouble}: ${reason ?? "answered"}` : [],
    ),
    waited: trouble === "throttled" ? gets.length - 1 - settled.indexOf(round.bad) : 0,
    calls,
    // Gets and getMany each take one for the account of the many, and what its tries are for one that is throttled.
    most: trouble === "throttled" ? 2 * (1 + TRIES) : 2,
  };
}

function judge(
  { bad }: Round,
  { refs, ends }: { readonly refs: readonly string[]; readonly ends: readonly End[] },
): readonly { readonly isBad: boolean; readonly reason: string | undefined }[] {
  return refs.map((ref, index) => ({
    isBad: ref === bad,
    reason: ends[index] === undefined ? "left out" : ends[index].reason,
  }));
}

async function throttle(vendor: Vendor, account: string): Promise<void> {
  await vendor.control("POST", "faults", { action: "DescribeInstances", account, fault: { kind: "throttle" } });
}

async function callsOf(vendor: Vendor): Promise<number> {
  const { count } = (await vendor.control("GET", "requests?action=DescribeInstances&limit=0")) as { count: number };
  return count;
}

function figures({ seed }: RowRequest, found: readonly RoundFound[]): readonly Figure[] {
  const rounds = found.length;
  const figure = (name: string, value: number, about: { readonly n: number; readonly note: string }): Figure => ({
    ...{ row: "fault-9", name, value, unit: "", goal: { atMost: 0 }, seed, ...about },
  });
  const failed = found.flatMap((each) => each.failed);
  const mistold = found.flatMap((each) => each.mistold);
  const throttled = Math.ceil((rounds - troubles.indexOf("throttled")) / troubles.length);
  const sum = (of: (each: RoundFound) => number) => found.reduce((total, each) => total + of(each), 0);
  return [
    figure("others that failed", failed.length, {
      n: rounds * 2 * (TOGETHER - 1),
      note: failed.length === 0 ? `${rounds} rounds, a get and a getMany of 100 each` : `first: ${failed[0]}`,
    }),
    figure("bad ones that were told something else", mistold.length, {
      n: rounds * 2,
      note: mistold.length === 0 ? [...new Set(Object.values(reasonOf))].join(", ") : `first: ${mistold[0]}`,
    }),
    figure(
      "gets that waited for the account that was throttled",
      sum(({ waited }) => waited),
      {
        n: throttled * (TOGETHER - 1),
        note: `${throttled} rounds, in which that account's get was tried ${TRIES} times, a second or more apart`,
      },
    ),
    figure(
      "vendor calls beyond one for each account and try",
      sum(({ calls, most }) => Math.max(0, calls - most)),
      {
        n: sum(({ most }) => most),
        note: `${sum(({ calls }) => calls)} calls of DescribeInstances for ${rounds * 2 * TOGETHER} reads`,
      },
    ),
  ];
}
