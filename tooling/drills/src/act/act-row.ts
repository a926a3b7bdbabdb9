import {
  type Figure,
  type Random,
  type Row,
  type RowRequest,
  randomFrom,
  startVendor,
  type Vendor,
} from "@cloudlink/measure";
import { blindCalls } from "./blind-calls.ts";
import { askAgain, askFor, type CallMade, type CallScene, followHastily } from "./callers.ts";
import { rulesOf } from "./fault-plan.ts";
import { judge } from "./judge.ts";
import { createKernels } from "./kernels.ts";
import { planWish, type Wish } from "./wish.ts";
import { planMachines, truthOf, worldOf } from "./world.ts";

const COUNT = { full: 4_000, reduced: 300 } as const;

/** Wishes at once. */
const LANES = 48;

/** Of accepted operations, the share that somebody follows in the other process. */
const FOLLOWED = 0.2;

/** A wish, and what became of its calls. */
interface Granted {
  readonly wish: Wish;
  readonly made: CallMade[];
  readonly followed: readonly string[];
}

/**
 * Row 10: actions while answers are lost, in every way and at every moment, and callers leave. What was done is what the vendor's own log
 * says. The control is a wrapper that repeats blindly.
 */
export const actRow: Row = {
  row: "fault-10",
  group: "act",
  async measure(request) {
    const { subjects, seed, size, control } = request;
    const count = request.count ?? COUNT[size];
    const random = randomFrom(seed);
    const machines = planMachines(random, count);
    const wishes = machines.map((machine, index) => planWish(random, { machine, index }));
    await using vendor = await startVendor(worldOf(machines));
    await using kernels = createKernels(subjects, vendor);
    const [first, second] = kernels.calls;
    const calls = control ? ([blindCalls(subjects, first), blindCalls(subjects, second)] as const) : kernels.calls;
    const scene: CallScene = { subjects, kernels, calls };

    const granted: Granted[] = [];
    await inLanes(wishes, async (wish) => void granted.push(await grant(scene, { wish, vendor, random })));
    await kernels.whenIdle();
    await vendor.control("DELETE", "faults");
    // When nothing is under way any more, every key has an answer.
    const keyed = granted.filter(({ wish }) => wish.key !== undefined);
    const audits: CallMade[] = [];
    await inLanes(keyed, async ({ wish, made }) => {
      const audit = await askAgain(scene, wish);
      audits.push(audit);
      made.push(audit);
    });
    await kernels.whenIdle();
    return figures(request, { granted, audits, truth: await truthOf(vendor) });
  },
};

async function grant(
  scene: CallScene,
  { wish, vendor, random }: { readonly wish: Wish; readonly vendor: Vendor; readonly random: Random },
): Promise<Granted> {
  for (const rule of rulesOf(wish.faults)) {
    await vendor.control("POST", "faults", { ...rule, instanceId: wish.machine.id, times: 1 });
  }
  const made = [...(await askFor(scene, wish))];
  const followed: string[] = [];
  for (const { outcome } of made) {
    if (outcome.end !== "accepted" || outcome.operation.status.state === "done" || !random.chance(FOLLOWED)) continue;
    const wrong = await followHastily(scene, { wish, operation: outcome.operation, timeoutMs: random.below(4) });
    if (wrong !== undefined) followed.push(wrong);
  }
  return { wish, made, followed };
}

async function inLanes<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

function figures(
  { seed }: RowRequest,
  found: {
    readonly granted: readonly Granted[];
    readonly audits: readonly CallMade[];
    readonly truth: Awaited<ReturnType<typeof truthOf>>;
  },
): readonly Figure[] {
  const { granted, audits, truth } = found;
  const judged = granted.map(({ wish, made }) => judge(wish, made, truth));
  const stuck = audits.filter(
    ({ outcome }) => outcome.end === "failed" && outcome.error.reason === "ErrActionInProgress",
  );
  const n = granted.length;
  const count = (name: string, value: number, note: string): Figure => ({
    ...{ row: "fault-10", name, value, unit: "", goal: { atMost: 0 }, n, seed, note },
  });
  const listed = (name: string, wrong: readonly string[], note: string): Figure =>
    count(name, wrong.length, wrong.length === 0 ? note : `first: ${wrong[0]}`);

  const calls = granted.flatMap(({ made }) => made);
  const said = (effect: string) =>
    calls.filter(({ outcome }) => outcome.end === "failed" && outcome.error.effect === effect).length;
  const accepted = calls.filter(({ outcome }) => outcome.end === "accepted").length;
  const deeds = granted.reduce((sum, { wish }) => sum + truth.deeds(wish.machine).length, 0);
  const requests = granted.reduce((sum, { wish }) => sum + truth.requests(wish.machine).length, 0);
  return [
    count(
      "blind repeats of what is not idempotent",
      judged.reduce((sum, { repeats }) => sum + repeats, 0),
      `${calls.length} calls, ${requests} requests, ${deeds} actions done`,
    ),
    listed(
      "effects that the vendor's log contradicts",
      [...judged.flatMap(({ contradicted }) => contradicted), ...granted.flatMap(({ followed }) => followed)],
      `${accepted} calls accepted, ${said("done")} failed with the effect done, ${said("none")} none, ${said("unknown")} unknown`,
    ),
    listed(
      "effects unknown that could be known",
      judged.flatMap(({ needless }) => needless),
      `of ${said("unknown")} unknown`,
    ),
    listed(
      "calls that say nothing of what was done, and keys that stay in progress",
      [...judged.flatMap(({ mute }) => mute), ...stuck.map(() => "a key is still in progress")],
      `${audits.length} keys were asked for again when all was at rest`,
    ),
  ];
}
