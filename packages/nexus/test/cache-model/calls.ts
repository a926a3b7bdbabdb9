import { background, type CancelableContext, CloudLinkError, type Context, type Ref } from "@cloudlink/core";
import type { ManualClock } from "@cloudlink/core/testing";
import type { Nexus } from "../../src/index.ts";
import { Thing, thingRef } from "../thing.ts";
import type { AskedRead, Judge } from "./invariants.ts";
import type { News } from "./news.ts";
import { IDS, READERS, type ReadStep, type ResourceId, type Step, type StepOf, scopeOf } from "./schedule.ts";
import type { Sequence, Vendor } from "./vendor.ts";

/** What a call has that does not say how long it may take. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** What {@link Calls} takes. */
export interface CallsSettings {
  readonly clock: ManualClock;
  readonly seq: Sequence;
  readonly vendor: Vendor;
  readonly news: News;
  readonly judge: Judge;
  readonly kernels: readonly Nexus[];
}

/** The calls of a schedule, each judged when it ends. */
export class Calls {
  readonly #clock: ManualClock;
  readonly #seq: Sequence;
  readonly #vendor: Vendor;
  readonly #news: News;
  readonly #judge: Judge;
  readonly #kernels: readonly Nexus[];
  /** Calls that have not ended, with the context that each can be left by. */
  readonly #open = new Map<Promise<void>, { readonly asked: AskedRead; readonly ctx: CancelableContext }>();
  /** Ref objects that are used again: what the kernel keeps for one is part of what is tested. */
  readonly #refs = new Map<string, Ref>();
  #acts = 0;
  /** What the first that broke something threw. */
  broken: unknown;

  constructor(settings: CallsSettings) {
    this.#clock = settings.clock;
    this.#seq = settings.seq;
    this.#vendor = settings.vendor;
    this.#news = settings.news;
    this.#judge = settings.judge;
    this.#kernels = settings.kernels;
  }

  /** How many have not ended. */
  get open(): number {
    return this.#open.size;
  }

  /** The kernel that takes a step: there may be one alone. */
  indexOf({ kernel }: { readonly kernel: number }): number {
    return kernel % this.#kernels.length;
  }

  #kernel(step: { readonly kernel: number }): Nexus {
    return this.#kernels[this.indexOf(step)] as Nexus;
  }

  read(step: ReadStep): void {
    const ref = this.ref(step);
    const ctx = this.#context(step);
    const asked = this.#asked(step, { view: step.view ?? Thing.defaultView });
    const call = this.#kernel(step).get(ctx, { ...requestOf(step), ref: step.by === "text" ? ref.key : ref });
    this.#until(ctx, { asked, ref }, async () => {
      this.#judge.answer(asked, { state: await call, ref, nowMs: this.#clock.monotonicMs() });
    });
  }

  readMany(step: ReadStep): void {
    const refs = IDS.map((id) => this.ref({ ...step, id }));
    const ctx = this.#context(step);
    const asked = this.#asked(step, { view: step.view ?? Thing.defaultView });
    const call = this.#kernel(step).getMany(ctx, { ...requestOf(step), refs });
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

  list(step: StepOf<"list">): void {
    const ctx = this.#context({ ...step, timeoutMs: undefined });
    const { maxAgeMs } = step;
    const whole = { staleWhileRevalidateMs: undefined, staleIfErrorMs: undefined, timeoutMs: undefined };
    const asked = this.#asked({ ...step, ...whole }, { view: Thing.defaultView });
    const { account } = READERS[step.reader] as (typeof READERS)[number];
    this.#until(ctx, { asked }, async () => {
      const request = { kind: Thing, accounts: [account], ...(maxAgeMs !== undefined && { maxAgeMs }) };
      for await (const { items, problems } of this.#kernel(step).list(ctx, request)) {
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
        this.broken ??= error;
      })
      .finally(() => this.#open.delete(over));
    this.#open.set(over, { asked, ctx });
  }

  act(step: StepOf<"act">): void {
    const { tenant } = READERS[step.reader] as (typeof READERS)[number];
    const ref = this.ref(step);
    this.#acts += 1;
    const idempotencyKey = `act-${this.#acts}`;
    const kernel = this.indexOf(step);
    const hearings = this.#news.hearings();
    const ctx = background({ clock: this.#clock }).withTenant(tenant).withCancel();
    const asked = this.#asked({ ...step, ...nothingAsked }, { view: Thing.defaultView });
    this.#until(ctx, { asked, ref }, async () => {
      try {
        await this.#kernel(step).act(ctx, { kind: Thing, ref, action: "polish", idempotencyKey });
      } catch (error) {
        if (!CloudLinkError.isInstance(error)) throw error;
      }
      const done = this.#vendor.carriedOut.get(idempotencyKey);
      if (done === undefined) return;
      this.#news.acted(kernel, { atMs: this.#clock.monotonicMs(), account: ref.account, hearings });
      this.#news.fence({
        what: "an action",
        kernel,
        concerns: (_scope, sighting) => sighting.ref === ref.key,
        outdates: ({ sentSeq }) => sentSeq < done,
      });
    });
  }

  leave(index: number): void {
    const reads = [...this.#open.values()];
    const left = reads[index % Math.max(1, reads.length)];
    if (left === undefined) return;
    left.asked.isCanceled = true;
    left.ctx.cancel();
  }

  ref({ reader, id }: { readonly reader: number; readonly id: ResourceId }): Ref {
    const { account } = READERS[reader] as (typeof READERS)[number];
    const made = thingRef(id, { account });
    const known = this.#refs.get(made.key);
    if (known !== undefined) return known;
    this.#refs.set(made.key, made);
    return made;
  }

  #context({ reader, timeoutMs }: Pick<ReadStep, "reader" | "timeoutMs">): CancelableContext {
    const { tenant } = READERS[reader] as (typeof READERS)[number];
    const ctx: Context = background({ clock: this.#clock }).withTenant(tenant);
    return (timeoutMs === undefined ? ctx : ctx.withTimeout(timeoutMs)).withCancel();
  }

  #asked(
    step: Pick<
      ReadStep,
      "kernel" | "reader" | "maxAgeMs" | "staleWhileRevalidateMs" | "staleIfErrorMs" | "timeoutMs"
    > & {
      readonly type: Step["type"];
    },
    { view }: { readonly view: string },
  ): AskedRead {
    const { maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs, timeoutMs = DEFAULT_TIMEOUT_MS } = step;
    return {
      kernel: this.indexOf(step),
      maxAgeMs,
      staleWhileRevalidateMs,
      staleIfErrorMs,
      timeoutMs,
      view,
      startSeq: this.#seq.next(),
      startMs: this.#clock.monotonicMs(),
      scope: scopeOf(step.reader),
      isList: step.type === "list",
      isCanceled: false,
    };
  }
}

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
