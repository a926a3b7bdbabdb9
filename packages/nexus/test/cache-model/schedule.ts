import { createScope, type Scope } from "@cloudlink/core";
import fc from "fast-check";

/** Who reads: a tenant, and the account it reads in. The first two see the same resources under the same ids. */
export const READERS = [
  { tenant: "acme", account: "1" },
  { tenant: "other", account: "1" },
  { tenant: "acme", account: "2" },
] as const;

/** Everybody reads as this. */
export const ROLE = "reader";

export function scopeOf(reader: number): Scope {
  const place = READERS[reader] as (typeof READERS)[number];
  return createScope({ ...place, provider: "fake", partition: "-", role: ROLE, region: "north" });
}

export const IDS = ["a", "b"] as const;
export const COLORS = ["red", "blue"] as const;

export type ResourceId = (typeof IDS)[number];
export type Color = (typeof COLORS)[number];

/** How old an answer may be, as a request says it. */
export interface AskedFreshness {
  readonly maxAgeMs: number | undefined;
  readonly staleWhileRevalidateMs: number | undefined;
  readonly staleIfErrorMs: number | undefined;
}

/** A step of one kernel's, of those that there are. */
interface KernelStep {
  readonly kernel: number;
}

export interface ReadStep extends AskedFreshness, KernelStep {
  readonly type: "read";
  readonly reader: number;
  readonly id: ResourceId;
  /** By a ref object that is used again, by its text, or both resources at once. */
  readonly by: "object" | "text" | "many";
  readonly view: "state" | "standard" | "health" | undefined;
  readonly timeoutMs: number | undefined;
}

export type InvalidateBy = "ref" | "kind" | "account" | "scope" | "tenant" | "tag" | "everything";

/**
 * What is wrong between a kernel and the store: every request is refused, by a store that is gone or one that is full; or is carried out and never
 * answered; or is carried out and answered only when it works again.
 */
export type Trouble = "gone" | "full" | "mute" | "late";

export type Step =
  | ReadStep
  | (KernelStep & { readonly type: "list"; readonly reader: number; readonly maxAgeMs: number | undefined })
  /** Releases one of the answers that the vendor holds back, in any order. */
  | { readonly type: "finish"; readonly index: number; readonly fails: boolean }
  | {
      readonly type: "change";
      readonly reader: number;
      readonly id: ResourceId;
      readonly state: "running" | "changing" | "absent";
      readonly color: Color;
    }
  | (KernelStep & {
      readonly type: "invalidate";
      readonly by: InvalidateBy;
      readonly reader: number;
      readonly id: ResourceId;
      readonly color: Color;
    })
  | (KernelStep & { readonly type: "act"; readonly reader: number; readonly id: ResourceId })
  /** Word of a change that there was, late or again. */
  | (KernelStep & {
      readonly type: "applied";
      readonly reader: number;
      readonly id: ResourceId;
      readonly index: number;
    })
  | { readonly type: "advance"; readonly ms: number }
  | { readonly type: "setWall" }
  /** Cancels one of the reads that wait. */
  | { readonly type: "leave"; readonly index: number }
  /** From now on the kernel hears no word of the others', or every one again. */
  | (KernelStep & { readonly type: "hearing"; readonly isCut: boolean })
  | (KernelStep & { readonly type: "trouble"; readonly trouble: Trouble | undefined });

export type StepOf<Type extends Step["type"]> = Extract<Step, { readonly type: Type }>;

/** How far everything comes before the next step: so many turns of the event loop, of its own queue, and of promises. */
export interface Pace {
  readonly turns: number;
  readonly ticks: number;
  readonly promises: number;
}

/** A step, and what passes after it; until nothing moves by itself if that is `undefined`. */
export type PacedStep = Step & { readonly pace: Pace | undefined };

export interface Schedule {
  /** How much the cache may keep. */
  readonly maxEntries: number;
  /** By how much the wall clock is set, whenever somebody sets it, in milliseconds. */
  readonly wallJumpMs: number;
  /** Whether the provider reads several at once. */
  readonly batches: boolean;
  /** Of each vendor request in turn, whether the vendor looks when it arrives, or only when its answer is released. */
  readonly looksAtOnce: readonly boolean[];
  readonly steps: readonly PacedStep[];
}

function weighted<Value>(...choices: readonly (readonly [weight: number, value: Value])[]): fc.Arbitrary<Value> {
  return fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));
}

const reader = weighted([6, 0], [2, 1], [1, 2]);
const id = weighted<ResourceId>([3, "a"], [1, "b"]);
const color = fc.constantFrom(...COLORS);
const index = fc.nat({ max: 7 });
const kernel = fc.nat({ max: 1 });

const read: fc.Arbitrary<ReadStep> = fc.record({
  type: fc.constant("read" as const),
  kernel,
  reader,
  id,
  by: weighted<ReadStep["by"]>([3, "object"], [2, "text"], [1, "many"]),
  view: weighted<ReadStep["view"]>([4, undefined], [1, "state"], [1, "standard"], [2, "health"]),
  maxAgeMs: weighted([3, 0], [1, 1], [1, 10], [3, 100], [2, 5_000], [4, undefined]),
  staleWhileRevalidateMs: weighted([5, undefined], [1, 0], [4, 50]),
  staleIfErrorMs: weighted([6, undefined], [1, 0], [2, 300]),
  timeoutMs: weighted([6, undefined], [1, 30]),
});

const list = fc.record({
  type: fc.constant("list" as const),
  kernel,
  reader,
  maxAgeMs: weighted([1, 0], [2, 100], [2, 5_000], [1, undefined]),
});

const finish = fc.record({
  type: fc.constant("finish" as const),
  index,
  fails: weighted([6, false], [1, true]),
});

const change = fc.record({
  type: fc.constant("change" as const),
  reader,
  id,
  state: weighted<"running" | "changing" | "absent">([3, "running"], [2, "changing"], [2, "absent"]),
  color,
});

const invalidate = fc.record({
  type: fc.constant("invalidate" as const),
  kernel,
  by: fc.constantFrom<InvalidateBy>("ref", "kind", "account", "scope", "tenant", "tag", "everything"),
  reader,
  id,
  color,
});

const act = fc.record({ type: fc.constant("act" as const), kernel, reader, id });
const applied = fc.record({ type: fc.constant("applied" as const), kernel, reader, id, index });
const advance = fc.record({
  type: fc.constant("advance" as const),
  ms: weighted([3, 1], [2, 9], [2, 40], [2, 95], [1, 105], [1, 1_000], [1, 2_500], [1, 10_000], [1, 61_000]),
});
const setWall = fc.record({ type: fc.constant("setWall" as const) });
const leave = fc.record({ type: fc.constant("leave" as const), index });

const hearing = fc.record({
  type: fc.constant("hearing" as const),
  kernel,
  isCut: weighted([2, true], [1, false]),
});

const trouble = fc.record({
  type: fc.constant("trouble" as const),
  kernel,
  trouble: weighted<Trouble | undefined>([4, undefined], [1, "gone"], [1, "full"], [1, "mute"], [1, "late"]),
});

const pace = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant({ turns: 0, ticks: 0, promises: 0 }) },
  {
    weight: 1,
    arbitrary: fc.record({ turns: fc.nat({ max: 1 }), ticks: fc.nat({ max: 2 }), promises: fc.nat({ max: 12 }) }),
  },
);

const steps: readonly fc.WeightedArbitrary<Step>[] = [
  { weight: 12, arbitrary: read },
  { weight: 12, arbitrary: finish },
  { weight: 4, arbitrary: change },
  { weight: 3, arbitrary: invalidate },
  { weight: 3, arbitrary: act },
  { weight: 1, arbitrary: applied },
  { weight: 2, arbitrary: list },
  { weight: 5, arbitrary: advance },
  { weight: 1, arbitrary: leave },
  { weight: 1, arbitrary: setWall },
];

/** What happens beside all that between kernels that share a store. */
const sharedSteps: readonly fc.WeightedArbitrary<Step>[] = [
  { weight: 4, arbitrary: read.map((step) => ({ ...step, maxAgeMs: 60_000 })) },
  // Longer than what is kept answers where no words arrive.
  { weight: 1, arbitrary: fc.constant({ type: "advance" as const, ms: 6_000 }) },
  { weight: 3, arbitrary: hearing },
  { weight: 2, arbitrary: trouble },
];

/** Short schedules, many of them: what breaks an invariant takes few steps. */
function schedulesOf(choices: readonly fc.WeightedArbitrary<Step>[]): fc.Arbitrary<Schedule> {
  const step = fc.tuple(fc.oneof(...choices), pace).map(([taken, then]): PacedStep => ({ ...taken, pace: then }));
  return fc.record({
    maxEntries: weighted([3, 100_000], [1, 2]),
    wallJumpMs: fc.constantFrom(-3_600_000, 3_600_000),
    batches: fc.boolean(),
    looksAtOnce: fc.array(weighted([3, true], [1, false]), { minLength: 8, maxLength: 8 }),
    steps: fc.array(step, { minLength: 20, maxLength: 40 }),
  });
}

export const schedules = schedulesOf(steps);
export const sharedSchedules = schedulesOf([...steps, ...sharedSteps]);
