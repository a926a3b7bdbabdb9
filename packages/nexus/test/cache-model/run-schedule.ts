import { background, type CacheSelection } from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { createNexus, type Nexus } from "../../src/index.ts";
import { Thing } from "../thing.ts";
import { Calls, DEFAULT_TIMEOUT_MS } from "./calls.ts";
import { BrokenInvariant, Judge } from "./invariants.ts";
import { News, type Outdating } from "./news.ts";
import {
  type Pace,
  type PacedStep,
  READERS,
  ROLE,
  type Schedule,
  type Step,
  type StepOf,
  scopeOf,
} from "./schedule.ts";
import { Sequence, Vendor } from "./vendor.ts";
import { type CreateWorld, createMemoryWorld, type World, type Wrap } from "./world.ts";

/** How often something happened, by what it is called. */
export type Tally = Record<string, number>;

/**
 * Runs a schedule with kernels and caches as they are, or what `wrap` makes of that.
 *
 * @returns how often the caches answered, and how.
 * @throws {@link BrokenInvariant}.
 */
export async function runSchedule(
  schedule: Schedule,
  settings: { readonly createWorld?: CreateWorld; readonly wrap?: Wrap } = {},
): Promise<Tally> {
  const { createWorld = createMemoryWorld, wrap = {} } = settings;
  const clock = createManualClock();
  const world = await createWorld({ clock, maxEntries: schedule.maxEntries, wrap });
  try {
    const run = new Run(schedule, { clock, world });
    for (const step of schedule.steps) await run.step(step);
    return await run.end();
  } finally {
    await world.close();
  }
}

class Run {
  readonly #clock: ManualClock;
  readonly #world: World;
  readonly #seq = new Sequence();
  readonly #vendor: Vendor;
  readonly #news: News;
  readonly #judge: Judge;
  readonly #kernels: readonly Nexus[];
  readonly #calls: Calls;
  readonly #wallJumpMs: number;
  /** Whether the wall clock agrees with everybody else's. */
  #isWallTrue = true;
  /** For how long something was under way while time passed. */
  #passedMs = 0;
  /** Whether something may be half done. */
  #isMoving = false;

  constructor(schedule: Schedule, { clock, world }: { readonly clock: ManualClock; readonly world: World }) {
    this.#clock = clock;
    this.#world = world;
    this.#wallJumpMs = schedule.wallJumpMs;
    const { caches, lines } = world;
    this.#vendor = new Vendor({ clock, seq: this.#seq, schedule });
    this.#news = new News({ seq: this.#seq, clock, caches, lines });
    this.#judge = new Judge({ vendor: this.#vendor, news: this.#news, slackMs: lines.length > 0 ? STORED_MS : 0 });
    this.#kernels = caches.map((cache) =>
      createNexus({
        providers: [this.#vendor.provider],
        accounts: ["1", "2"].map((account) => ({
          provider: "fake",
          partition: "-",
          account,
          regions: ["north"],
          role: ROLE,
        })),
        cache,
        defaultTimeoutMs: DEFAULT_TIMEOUT_MS,
      }),
    );
    this.#calls = new Calls({
      clock,
      seq: this.#seq,
      vendor: this.#vendor,
      news: this.#news,
      judge: this.#judge,
      kernels: this.#kernels,
    });
  }

  async step(step: PacedStep): Promise<void> {
    const { pace } = step;
    if (step.type === "advance" || step.type === "setWall") await this.#standStill();
    this.#take(step);
    if (pace === undefined) await this.#settle();
    else await pass(pace);
    this.#isMoving = pace !== undefined && pace.ticks + pace.promises + pace.turns > 0;
    this.#throwIfBroken();
  }

  #throwIfBroken(): void {
    if (this.#calls.broken !== undefined) throw this.#calls.broken;
  }

  /** Before time passes: what is half done would see two instants as one. */
  async #standStill(): Promise<void> {
    if (this.#isMoving) await this.#settle();
  }

  /** Until nothing moves by itself; and then every word has arrived that could. */
  async #settle(): Promise<void> {
    await this.#world.settled();
    this.#vendor.landed();
    this.#news.arrived();
  }

  #take(step: Step): void {
    if (step.type === "advance") this.#advance(step.ms);
    else if (step.type === "setWall") this.#setWall();
    else if (step.type === "change") this.#vendor.change(this.#calls.ref(step), step);
    else if (step.type === "finish") this.#finish(step.index, step.fails);
    else if (step.type === "invalidate") this.#invalidate(step);
    else if (step.type === "applied") this.#applied(step);
    else if (step.type === "leave") this.#calls.leave(step.index);
    else if (step.type === "act") this.#calls.act(step);
    else if (step.type === "list") this.#calls.list(step);
    else if (step.type === "hearing") this.#setHearing(step);
    else if (step.type === "trouble") this.#setTrouble(step);
    else if (step.by === "many") this.#calls.readMany(step);
    else this.#calls.read(step);
  }

  #advance(ms: number): void {
    // What the store answers late is taken to have been so when it was asked; and where the wall clock is set while a call is under way, when that
    // began is all that is known.
    const isAnyLate = this.#world.lines.some(({ isBusy }) => isBusy);
    if (isAnyLate || this.#calls.open > 0) this.#passedMs += ms;
    if (isAnyLate || !this.#isWallTrue) this.#judge.slackMs = STORED_MS + this.#passedMs;
    this.#clock.advance(ms);
  }

  #setHearing({ kernel, isCut }: StepOf<"hearing">): void {
    const line = this.#world.lines[kernel];
    if (isCut) line?.cut();
    else line?.mend();
  }

  #setTrouble({ kernel, trouble }: StepOf<"trouble">): void {
    const line = this.#world.lines[kernel];
    if (line !== undefined) line.trouble = trouble;
  }

  #setWall(): void {
    this.#clock.setWall(this.#clock.nowMs() + this.#wallJumpMs);
    this.#isWallTrue = false;
    this.#judge.slackMs = STORED_MS + this.#passedMs;
  }

  /** Has everything work again, releases every answer, lets all deadlines come, and looks at what is kept in the end. */
  async end(): Promise<Tally> {
    for (const line of this.#world.lines) {
      line.trouble = undefined;
      line.mend();
    }
    await this.#finishAll();
    for (const kernel of this.#world.lines.keys())
      for (const reader of [0, 1]) this.#calls.readMany({ ...lastRead, kernel, reader });
    await this.#finishAll();
    const tally = await this.#tally();
    for (const kernel of this.#kernels) await kernel.close();
    await this.#world.close();
    this.#clock.advance(DEFAULT_TIMEOUT_MS);
    this.#throwIfBroken();
    const { pendingTimers } = this.#clock;
    if (pendingTimers > 0) throw new BrokenInvariant("end", `${pendingTimers} timers are left.`);
    return tally;
  }

  async #finishAll(): Promise<void> {
    await this.#settle();
    for (let round = 0; this.#calls.open > 0 || this.#vendor.held.length > 0 || !this.#news.isKnown; round += 1) {
      if (round > MOST_ROUNDS) {
        if (this.#calls.open > 0) throw new BrokenInvariant("end", `${this.#calls.open} calls have not ended.`);
        throw new BrokenInvariant("told", "Not all was told.");
      }
      this.#finish(0, false);
      await this.#settle();
      this.#throwIfBroken();
      if (this.#vendor.held.length === 0) this.#clock.advanceToNext();
      await this.#settle();
    }
  }

  async #tally(): Promise<Tally> {
    const tally: Tally = {};
    const add = (name: string, times: number) => {
      tally[name] = (tally[name] ?? 0) + times;
    };
    for (const kernel of this.#kernels) {
      const { outcomes } = await kernel.cacheStats(background({ clock: this.#clock }), {});
      for (const [outcome, times] of Object.entries(outcomes)) add(outcome, times);
    }
    for (const cache of this.#world.caches) {
      const { shared } = cache.use();
      if (shared === undefined) continue;
      for (const [name, counted] of Object.entries(shared))
        if (typeof counted === "number") add(`shared ${name}`, counted);
    }
    return tally;
  }

  #finish(index: number, fails: boolean): void {
    const { held } = this.#vendor;
    const [release] = held.splice(index % Math.max(1, held.length), 1);
    release?.(fails);
  }

  #invalidate({ by, reader, id, color, kernel: asked }: StepOf<"invalidate">): void {
    const { tenant, account } = READERS[reader] as (typeof READERS)[number];
    const scope = scopeOf(reader);
    const ref = this.#calls.ref({ reader, id });
    const selections: Record<typeof by, CacheSelection> = {
      ref: { ref },
      kind: { tenant, kind: Thing.name },
      account: { account },
      scope: { scope },
      tenant: { tenant },
      tag: { tags: { color } },
      everything: {},
    };
    const kernel = this.#calls.indexOf({ kernel: asked });
    const said = Promise.resolve(this.#world.caches[kernel]?.invalidate(selections[by]));
    const seq = this.#seq.next();
    const fence: Outdating = {
      what: `an invalidation by ${by}`,
      kernel,
      concerns(of, sighting) {
        if (by === "ref") return sighting.ref === ref.key;
        if (by === "account") return of.account === account;
        if (by === "scope") return of.key === scope.key;
        if (by === "tag") return sighting.version.color === color && sighting.version.state !== "absent";
        return by === "everything" || of.tenant === tenant;
      },
      outdates: ({ sentSeq }) => sentSeq < seq,
    };
    this.#news.fence(fence, said);
  }

  #applied({ index, ...step }: StepOf<"applied">): void {
    const ref = this.#calls.ref(step);
    const versions = this.#vendor.versions(ref);
    const version = versions[index % versions.length] ?? versions[0];
    const kernel = this.#calls.indexOf(step);
    const said = Promise.resolve(this.#world.caches[kernel]?.applied({ ref, occurredAt: version.atMs }));
    // When it was is told by the wall clock of whoever gives word of it: with a clock that is wrong by more than a second it says nothing.
    if (!this.#isWallTrue) return;
    const fence: Outdating = {
      what: "a change that there was word of",
      kernel,
      concerns: (_scope, sighting) => sighting.ref === ref.key,
      outdates: ({ lookedSeq }) => lookedSeq < version.seq,
    };
    this.#news.fence(fence, said);
  }
}

async function pass({ turns, ticks, promises }: Pace): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
  for (let tick = 0; tick < ticks; tick += 1) await new Promise<void>((resolve) => process.nextTick(resolve));
  for (let promise = 0; promise < promises; promise += 1) await undefined;
}

/** Beyond so many rounds of answers and deadlines, what waits waits for ever. */
const MOST_ROUNDS = 1_000;

/** The store counts in whole milliseconds, and rounds to what is older. */
const STORED_MS = 1;

/** Looks at all that is left in the end. */
const lastRead = {
  type: "read",
  by: "many",
  id: "a",
  view: undefined,
  maxAgeMs: 60_000,
  staleWhileRevalidateMs: undefined,
  staleIfErrorMs: undefined,
  timeoutMs: undefined,
} as const;
