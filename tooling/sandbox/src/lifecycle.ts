import { mix32, randomFrom } from "./random.ts";

/** The six states of an EC2 instance, as `instanceState.name` spells them. */
export type InstanceStateName = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

/** The low byte of `instanceState.code` (EC2 API reference, InstanceState); the high byte means nothing. */
export const STATE_CODES: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/**
 * How an instance's state follows from the time.
 * - `living`: stretches of running and stopped, each exponential with mean `meanMs` (default two hours), with EC2's
 *   pending and stopping between them.
 * - `scripted`: the state of the last step at or before now; before the first step, the first step's.
 */
export type Lifecycle =
  | { readonly kind: "living"; readonly meanMs?: number }
  | { readonly kind: "scripted"; readonly steps: readonly LifecycleStep[] };

/** From `fromMs` (epoch milliseconds) on, the instance is in `state`. */
export interface LifecycleStep {
  readonly fromMs: number;
  readonly state: InstanceStateName;
  /** What `stateReason` says in this state. Default: what EC2 says when a user asked for the change. */
  readonly reason?: StateReason;
}

/** Why an instance is in its state (EC2 API reference, StateReason). */
export interface StateReason {
  readonly code: string;
  readonly message: string;
}

/** An instance's state together with the time for which it holds: `fromMs <= t < untilMs`. */
export interface Moment {
  readonly state: InstanceStateName;
  /** The span for which this moment answers; it may be shorter than the stretch. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** When this state was entered. */
  readonly sinceMs: number;
  /** The latest start, at most {@link OLDEST_START_MS} ago: what EC2 shows as `launchTime`. */
  readonly startedAtMs: number;
  /** Only where a script gives one. */
  readonly reason?: StateReason;
}

/** "A state change per VM every 2 h (exponential)": the economy workload of the project's goals. */
export const DEFAULT_MEAN_MS = 2 * 3_600_000;

/** An instance is pending or stopping for 15 to 60 s: tens of seconds, as on EC2. */
const TRANSITION_MIN_MS = 15_000;
const TRANSITION_SPREAD_MS = 45_000;

/**
 * Time is cut into cells of 12 means. The state at a cell's edge is a fair coin of its own and the switches within the
 * cell are a Poisson process conditioned on leading from one coin to the next, so any instant is reached at once, without
 * walking there from the beginning. Two states 12 means apart correlate by e^-24 in the unconditioned process, so
 * nothing measurable is lost.
 */
const CELL_MEANS = 12;

/** How far back a start is looked for; a cell without a switch has odds of e^-12. */
const LOOK_BACK_CELLS = 8;

/** A start is at most this long ago: AWS retires hosts, so that hardly an instance runs, or stays stopped, for longer. */
const OLDEST_START_MS = 365 * 86_400_000;

/** How often an instance whose life says nothing of a believable start was started: at one instant of its own in each period. */
const RENEWAL_MS = 180 * 86_400_000;

/** How long such an instance ran before it was stopped, at most. */
const LONGEST_STRETCH_MS = 90 * 86_400_000;

interface Switch {
  readonly atMs: number;
  readonly settledMs: number;
  readonly to: "running" | "stopped";
}

interface Life {
  readonly key: number;
  readonly meanMs: number;
}

/** The state at `atMs`: a pure function of the key (seed and instance), the lifecycle and the time. */
export function momentAt(life: { readonly key: number; readonly lifecycle: Lifecycle }, atMs: number): Moment {
  const moment =
    life.lifecycle.kind === "scripted"
      ? scriptedMoment(life.lifecycle.steps, atMs)
      : livingMoment({ key: life.key, meanMs: life.lifecycle.meanMs ?? DEFAULT_MEAN_MS }, atMs);
  return withBelievableStart(life.key, moment, atMs);
}

/** The last instant at or before `atMs` of a series that comes round once a period. The same for the same key, at any time. */
export function renewalBefore(key: number, atMs: number): number {
  const phaseMs = mix32(key ^ RENEWAL_SALT) % RENEWAL_MS;
  return Math.floor((atMs - phaseMs) / RENEWAL_MS) * RENEWAL_MS + phaseMs;
}

const RENEWAL_SALT = 0x5eed_1a7e;

/**
 * A script that begins with the epoch, or later than now, says no start that anybody would believe: it is taken from the instance's
 * renewals then, which are a pure function of key and time as all else is.
 */
function withBelievableStart(key: number, moment: Moment, atMs: number): Moment {
  const { startedAtMs } = moment;
  const staleMs = startedAtMs + OLDEST_START_MS;
  if (startedAtMs <= atMs && atMs < staleMs) return { ...moment, untilMs: Math.min(moment.untilMs, staleMs) };
  const renewedMs = renewalBefore(key, atMs);
  const stretchMs = mix32(key) % (moment.state === "running" ? TRANSITION_SPREAD_MS : LONGEST_STRETCH_MS);
  return {
    ...moment,
    fromMs: Math.max(moment.fromMs, renewedMs, atMs < staleMs ? Number.NEGATIVE_INFINITY : staleMs),
    untilMs: Math.min(
      moment.untilMs,
      renewedMs + RENEWAL_MS,
      atMs < startedAtMs ? startedAtMs : Number.POSITIVE_INFINITY,
    ),
    sinceMs: moment.sinceMs <= atMs ? Math.max(moment.sinceMs, renewedMs) : renewedMs,
    startedAtMs: moment.state === "pending" ? renewedMs : renewedMs - stretchMs - TRANSITION_MIN_MS,
  };
}

function livingMoment(life: Life, atMs: number): Moment {
  const cell = cellOf(life, atMs);
  const switches = switchesIn(life, cell);
  const next = switches.findIndex(({ atMs: switchAt }) => switchAt > atMs);
  const last = switches[(next === -1 ? switches.length : next) - 1] ?? lastSwitchBefore(life, cell);
  const startedAtMs = last.to === "running" ? last.atMs : lastStartBefore(life, last.atMs);
  if (atMs < last.settledMs) {
    const state = last.to === "running" ? "pending" : "stopping";
    return { state, fromMs: last.atMs, untilMs: last.settledMs, sinceMs: last.atMs, startedAtMs };
  }
  const cellMs = life.meanMs * CELL_MEANS;
  return {
    state: last.to,
    fromMs: Math.max(last.settledMs, cell * cellMs),
    untilMs: switches[next]?.atMs ?? (cell + 1) * cellMs,
    sinceMs: last.settledMs,
    startedAtMs,
  };
}

function cellOf(life: Life, atMs: number): number {
  return Math.floor(atMs / (life.meanMs * CELL_MEANS));
}

function runsAtStartOf(life: Life, cell: number): boolean {
  return (mix32(life.key ^ mix32(cell)) & 1) === 1;
}

function switchesIn(life: Life, cell: number): readonly Switch[] {
  const cellMs = life.meanMs * CELL_MEANS;
  const runsFirst = runsAtStartOf(life, cell);
  const oddWanted = runsFirst !== runsAtStartOf(life, cell + 1);
  for (let attempt = 0; ; attempt++) {
    const random = randomFrom(life.key, cell, attempt);
    const switches: Switch[] = [];
    let settledMs = cell * cellMs;
    for (;;) {
      const atMs = Math.floor(settledMs - Math.log(1 - random()) * life.meanMs);
      settledMs = atMs + TRANSITION_MIN_MS + Math.floor(random() * TRANSITION_SPREAD_MS);
      if (settledMs >= (cell + 1) * cellMs) break;
      switches.push({ atMs, settledMs, to: runsFirst === (switches.length % 2 === 0) ? "stopped" : "running" });
    }
    if ((switches.length % 2 === 1) === oddWanted) return switches;
  }
}

function lastSwitchBefore(life: Life, cell: number): Switch {
  for (let back = 1; back <= LOOK_BACK_CELLS; back++) {
    const last = switchesIn(life, cell - back).at(-1);
    if (last !== undefined) return last;
  }
  const edgeMs = (cell - LOOK_BACK_CELLS) * life.meanMs * CELL_MEANS;
  return { atMs: edgeMs, settledMs: edgeMs, to: runsAtStartOf(life, cell) ? "running" : "stopped" };
}

function lastStartBefore(life: Life, beforeMs: number): number {
  const cell = cellOf(life, beforeMs);
  for (let back = 0; back <= LOOK_BACK_CELLS; back++) {
    const start = switchesIn(life, cell - back).findLast(({ atMs, to }) => to === "running" && atMs < beforeMs);
    if (start !== undefined) return start.atMs;
  }
  return (cell - LOOK_BACK_CELLS) * life.meanMs * CELL_MEANS;
}

function scriptedMoment(steps: readonly LifecycleStep[], atMs: number): Moment {
  const sorted = steps.toSorted((a, b) => a.fromMs - b.fromMs);
  const first = sorted[0];
  if (first === undefined) throw new RangeError("a scripted lifecycle needs at least one step");
  const index = Math.max(
    0,
    sorted.findLastIndex(({ fromMs }) => fromMs <= atMs),
  );
  const step = sorted[index] ?? first;
  const start = sorted.slice(0, index + 1).findLast(({ state }) => state === "pending" || state === "running");
  const beforeStart = sorted[sorted.indexOf(start ?? first) - 1];
  const startedAtMs = start?.state === "running" && beforeStart?.state === "pending" ? beforeStart : (start ?? first);
  return {
    state: step.state,
    fromMs: index === 0 ? Number.NEGATIVE_INFINITY : step.fromMs,
    untilMs: sorted[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY,
    sinceMs: step.fromMs,
    startedAtMs: startedAtMs.fromMs,
    ...(step.reason === undefined ? {} : { reason: step.reason }),
  };
}
