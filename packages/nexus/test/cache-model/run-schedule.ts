import { createMemoryCache } from "@cloudlink/cache";
import {
  background,
  type Cache,
  type CacheOutcome,
  type CacheSelection,
  type CancelableContext,
  CloudLinkError,
  type Context,
  createScope,
  type Ref,
  type Scope,
} from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { createNexus, type Nexus } from "../../src/index.ts";
import { Thing, thingRef } from "../thing.ts";
import { type AskedRead, BrokenInvariant, Judge } from "./invariants.ts";
import { IDS, READERS, type ReadStep, type ResourceId, type Schedule, type Step } from "./schedule.ts";
import { Sequence, Vendor } from "./vendor.ts";

/** Puts something in the cache's place: a fault, to see whether it is found. */
export type Wrap = (cache: Cache) => Cache;

export type Outcomes = Readonly<Record<CacheOutcome, number>>;

type StepOf<Type extends Step["type"]> = Extract<Step, { readonly type: Type }>;

const DEFAULT_TIMEOUT_MS = 10_000;

/** Everybody reads as this. */
const ROLE = "reader";

/**
 * Runs a schedule with the kernel and the cache as they are, or what `wrap` makes of that.
 *
 * @returns how often the cache answered, and how.
 * @throws {@link BrokenInvariant}.
 */
export async function runSchedule(schedule: Schedule, wrap: Wrap = (cache) => cache): Promise<Outcomes> {
  const run = new Run(schedule, wrap);
  for (const step of schedule.steps) await run.step(step);
  return await run.end();
}

class Run {
  readonly #clock: ManualClock = createManualClock();
  readonly #seq = new Sequence();
  readonly #vendor: Vendor;
  readonly #judge: Judge;
  readonly #cache: Cache;
  readonly #nexus: Nexus;
  /** Calls that have not ended, with the context that each can be left by. */
  readonly #open = new Map<Promise<void>, { readonly asked: AskedRead; readonly ctx: CancelableContext }>();
  /** Ref objects that are used again: what the kernel keeps for one is part of what is tested. */
  readonly #refs = new Map<string, Ref>();
  readonly #wallJumpMs: number;
  /** Whether the wall clock agrees with everybody else's. */
  #isWallTrue = true;
  #broken: unknown;
  #acts = 0;

  constructor(schedule: Schedule, wrap: Wrap) {
    const clock = this.#clock;
    this.#wallJumpMs = schedule.wallJumpMs;
    this.#vendor = new Vendor({ clock, seq: this.#seq, schedule });
    this.#judge = new Judge(this.#vendor);
    this.#cache = wrap(createMemoryCache({ random: sawtooth(), maxEntries: schedule.maxEntries }));
    this.#nexus = createNexus({
      providers: [this.#vendor.provider],
      accounts: ["1", "2"].map((account) => ({
        provider: "fake",
        partition: "-",
        account,
        regions: ["north"],
        role: ROLE,
      })),
      cache: this.#cache,
      defaultTimeoutMs: DEFAULT_TIMEOUT_MS,
    });
  }

  async step(step: Step): Promise<void> {
    this.#take(step);
    if (step.type !== "read" || !step.hurried) await this.#settle();
    if (this.#broken !== undefined) throw this.#broken;
  }

  #take(step: Step): void {
    if (step.type === "advance") this.#clock.advance(step.ms);
    else if (step.type === "setWall") this.#setWall();
    else if (step.type === "change") this.#vendor.change(this.#ref(step), step);
    else if (step.type === "finish") this.#finish(step.index, step.fails);
    else if (step.type === "invalidate") this.#invalidate(step);
    else if (step.type === "applied") this.#applied(step);
    else if (step.type === "leave") this.#leave(step.index);
    else if (step.type === "act") this.#act(step);
    else if (step.type === "list") this.#list(step);
    else if (step.by === "many") this.#readMany(step);
    else this.#read(step);
  }

  #setWall(): void {
    this.#clock.setWall(this.#clock.nowMs() + this.#wallJumpMs);
    this.#isWallTrue = false;
  }

  /** Releases every answer, and lets all deadlines come. */
  async end(): Promise<Outcomes> {
    for (let round = 0; this.#open.size > 0 || this.#vendor.held.length > 0; round += 1) {
      if (round > MOST_ROUNDS) throw new BrokenInvariant("end", `${this.#open.size} calls have not ended.`);
      this.#finish(0, false);
      await this.#settle();
      if (this.#broken !== undefined) throw this.#broken;
      if (this.#vendor.held.length === 0) this.#clock.advanceToNext();
      await this.#settle();
    }
    const { outcomes } = await this.#nexus.cacheStats(background({ clock: this.#clock }), {});
    await this.#nexus.close();
    this.#clock.advance(DEFAULT_TIMEOUT_MS);
    if (this.#broken !== undefined) throw this.#broken;
    const { pendingTimers } = this.#clock;
    if (pendingTimers > 0) throw new BrokenInvariant("end", `${pendingTimers} timers are left.`);
    return outcomes;
  }

  #read(step: ReadStep): void {
    const ref = this.#ref(step);
    const ctx = this.#context(step);
    const asked = this.#asked(step, { view: step.view ?? Thing.defaultView });
    const call = this.#nexus.get(ctx, { ...requestOf(step), ref: step.by === "text" ? ref.key : ref });
    this.#until(ctx, { asked, ref }, async () => {
      this.#judge.answer(asked, { state: await call, ref, nowMs: this.#clock.monotonicMs() });
    });
  }

  #readMany(step: ReadStep): void {
    const refs = IDS.map((id) => this.#ref({ ...step, id }));
    const ctx = this.#context(step);
    const asked = this.#asked(step, { view: step.view ?? Thing.defaultView });
    const call = this.#nexus.getMany(ctx, { ...requestOf(step), refs });
    this.#until(ctx, { asked }, async () => {
      const { outcomes } = await call;
      const nowMs = this.#clock.monotonicMs();
      for (const outcome of outcomes) {
        const { ref } = outcome;
        if (outcome.ok) this.#judge.answer(asked, { state: outcome.state, ref, nowMs });
        else this.#judge.error(asked, { error: outcome.error, ref, nowMs });
      }
    });
  }

  #list(step: StepOf<"list">): void {
    const ctx = this.#context({ ...step, timeoutMs: undefined });
    const { maxAgeMs } = step;
    const whole = { staleWhileRevalidateMs: undefined, staleIfErrorMs: undefined, timeoutMs: undefined };
    const asked = this.#asked({ ...step, ...whole }, { view: Thing.defaultView });
    const { account } = READERS[step.reader] as (typeof READERS)[number];
    this.#until(ctx, { asked }, async () => {
      const request = { kind: Thing, accounts: [account], ...(maxAgeMs !== undefined && { maxAgeMs }) };
      for await (const { items, problems } of this.#nexus.list(ctx, request)) {
        const nowMs = this.#clock.monotonicMs();
        for (const state of items) this.#judge.answer(asked, { state, nowMs });
        for (const { error } of problems) this.#judge.error(asked, { error, nowMs });
      }
    });
  }

  /** Waits for a call's end, and notes what it breaks. */
  #until(
    ctx: CancelableContext,
    { asked, ref }: { readonly asked: AskedRead; readonly ref?: Ref },
    judged: () => Promise<void>,
  ): void {
    const over = judged()
      .catch((error: unknown) => {
        if (!CloudLinkError.isInstance(error)) throw error;
        this.#judge.error(asked, { error, nowMs: this.#clock.monotonicMs(), ...(ref !== undefined && { ref }) });
      })
      .catch((error: unknown) => {
        this.#broken ??= error;
      })
      .finally(() => this.#open.delete(over));
    this.#open.set(over, { asked, ctx });
  }

  #finish(index: number, fails: boolean): void {
    const { held } = this.#vendor;
    const [release] = held.splice(index % Math.max(1, held.length), 1);
    release?.(fails);
  }

  #invalidate({ by, reader, id, color }: StepOf<"invalidate">): void {
    const { tenant, account } = READERS[reader] as (typeof READERS)[number];
    const scope = this.#scope(reader);
    const ref = this.#ref({ reader, id });
    const selections: Record<typeof by, CacheSelection> = {
      ref: { ref },
      kind: { tenant, kind: Thing.name },
      account: { account },
      scope: { scope },
      tenant: { tenant },
      tag: { tags: { color } },
      everything: {},
    };
    this.#cache.invalidate(selections[by]);
    const seq = this.#seq.next();
    this.#judge.fences.push({
      what: `an invalidation by ${by}`,
      fromSeq: seq,
      concerns(of, sighting) {
        if (by === "ref") return sighting.ref === ref.key;
        if (by === "account") return of.account === account;
        if (by === "scope") return of.key === scope.key;
        if (by === "tag") return sighting.version.color === color && sighting.version.state !== "absent";
        return by === "everything" || of.tenant === tenant;
      },
      outdates: ({ sentSeq }) => sentSeq < seq,
    });
  }

  #act(step: StepOf<"act">): void {
    const { tenant } = READERS[step.reader] as (typeof READERS)[number];
    const ref = this.#ref(step);
    this.#acts += 1;
    const idempotencyKey = `act-${this.#acts}`;
    const ctx = background({ clock: this.#clock }).withTenant(tenant).withCancel();
    const asked = this.#asked({ ...step, ...nothingAsked }, { view: Thing.defaultView });
    this.#until(ctx, { asked, ref }, async () => {
      try {
        await this.#nexus.act(ctx, { kind: Thing, ref, action: "polish", idempotencyKey });
      } catch (error) {
        if (!CloudLinkError.isInstance(error)) throw error;
      }
      const done = this.#vendor.carriedOut.get(idempotencyKey);
      if (done === undefined) return;
      const fromSeq = this.#seq.next();
      this.#judge.actions.push({ seq: fromSeq, atMs: this.#clock.monotonicMs(), account: ref.account });
      this.#judge.fences.push({
        what: "an action",
        fromSeq,
        concerns: (_scope, sighting) => sighting.ref === ref.key,
        outdates: ({ sentSeq }) => sentSeq < done,
      });
    });
  }

  #applied({ index, ...step }: StepOf<"applied">): void {
    const ref = this.#ref(step);
    const versions = this.#vendor.versions(ref);
    const version = versions[index % versions.length] ?? versions[0];
    this.#cache.applied({ ref, occurredAt: version.atMs });
    // When it was is told by the wall clock of whoever gives word of it: with a clock that is wrong by more than a second it says nothing.
    if (!this.#isWallTrue) return;
    this.#judge.fences.push({
      what: "a change that there was word of",
      fromSeq: this.#seq.next(),
      concerns: (_scope, sighting) => sighting.ref === ref.key,
      outdates: ({ lookedSeq }) => lookedSeq < version.seq,
    });
  }

  #leave(index: number): void {
    const reads = [...this.#open.values()];
    const left = reads[index % Math.max(1, reads.length)];
    if (left === undefined) return;
    left.asked.isCanceled = true;
    left.ctx.cancel();
  }

  #ref({ reader, id }: { readonly reader: number; readonly id: ResourceId }): Ref {
    const { account } = READERS[reader] as (typeof READERS)[number];
    const made = thingRef(id, { account });
    const known = this.#refs.get(made.key);
    if (known !== undefined) return known;
    this.#refs.set(made.key, made);
    return made;
  }

  #scope(reader: number): Scope {
    const place = READERS[reader] as (typeof READERS)[number];
    return createScope({ ...place, provider: "fake", partition: "-", role: ROLE, region: "north" });
  }

  #context({ reader, timeoutMs }: Pick<ReadStep, "reader" | "timeoutMs">): CancelableContext {
    const { tenant } = READERS[reader] as (typeof READERS)[number];
    const ctx: Context = background({ clock: this.#clock }).withTenant(tenant);
    return (timeoutMs === undefined ? ctx : ctx.withTimeout(timeoutMs)).withCancel();
  }

  #asked(
    step: Pick<ReadStep, "reader" | "maxAgeMs" | "staleWhileRevalidateMs" | "staleIfErrorMs" | "timeoutMs"> & {
      readonly type: Step["type"];
    },
    { view }: { readonly view: string },
  ): AskedRead {
    const { maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs, timeoutMs = DEFAULT_TIMEOUT_MS } = step;
    return {
      maxAgeMs,
      staleWhileRevalidateMs,
      staleIfErrorMs,
      timeoutMs,
      view,
      startSeq: this.#seq.next(),
      startMs: this.#clock.monotonicMs(),
      scope: this.#scope(step.reader),
      isList: step.type === "list",
      isCanceled: false,
    };
  }

  /** Lets the event loop turn until nothing moves by itself: readings that gather leave by its next turn. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
  }
}

/** Beyond so many rounds of answers and deadlines, what waits waits for ever. */
const MOST_ROUNDS = 1_000;

const nothingAsked = {
  maxAgeMs: undefined,
  staleWhileRevalidateMs: undefined,
  staleIfErrorMs: undefined,
  timeoutMs: undefined,
};

function requestOf({ maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs, view }: ReadStep) {
  return {
    kind: Thing,
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    ...(staleWhileRevalidateMs !== undefined && { staleWhileRevalidateMs }),
    ...(staleIfErrorMs !== undefined && { staleIfErrorMs }),
    ...(view !== undefined && { view }),
  };
}

/** The same numbers in every run, from 0 up to 1. */
function sawtooth(): () => number {
  let last = 0;
  return () => {
    last = (last + 0.382) % 1;
    return last;
  };
}
