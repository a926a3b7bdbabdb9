import {
  type CacheFill,
  CloudLinkError,
  type Context,
  type Kind,
  type ManyAnswer,
  type Observation,
  type Outcome,
  type Ref,
  type ResourceState,
  type Scope,
  type ValueOf,
} from "@cloudlink/core";
import type { GetManyRequest } from "@cloudlink/core/calls";
import { stateOf } from "./answer.ts";
import { checkMaxAge, readContext } from "./call-bounds.ts";
import { callTarget } from "./call-target.ts";
import { concurrently } from "./concurrently.ts";
import { checkEntrance } from "./entrance.ts";
import { cacheRead, lookedUp } from "./get.ts";
import { isPromise } from "./in-time.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { absent, isAbsence, observed } from "./observation.ts";
import { batchesOf, type MissedRead, type ReadBatch, readBatch } from "./read-batch.ts";
import { readBy, viewFor } from "./route.ts";

type State = ResourceState<unknown>;

/** What came of a live read of one ref. */
type LiveOutcome =
  | { readonly ok: true; readonly ref: Ref; readonly state: Observation<unknown> }
  | { readonly ok: false; readonly ref: Ref; readonly error: unknown };

/** See {@link Nexus.getMany}. */
export async function getMany<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: GetManyRequest<K>,
): Promise<ManyAnswer<ValueOf<K>>> {
  checkEntrance(kernel, { operation: "getMany", ctx, request });
  const { kind } = request;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "getMany", kind: kind.name });
  try {
    ctx.throwIfDone();
    const maxAgeMs = checkMaxAge(request.maxAgeMs);
    if (!Array.isArray(request.refs)) throw noRefs();
    // A text that is no ref at all is the caller's mistake, and is told before anything happens.
    const refs = request.refs.map((ref) => kernel.refs.resolve(ref));
    const many = new ManyRead(kernel, { call, kind, view: request.view, maxAgeMs });
    const outcomes = await many.read([...new Map(refs.map((ref) => [ref.key, ref])).values()]);
    call.ended({});
    const { traceId } = call;
    const inOrder = refs.flatMap((ref) => outcomes.get(ref.key) ?? []);
    return { outcomes: inOrder as Outcome<ResourceState<ValueOf<K>>>[], traceId, stats: Object.freeze(call.stats()) };
  } catch (error) {
    const failure = call.failure(error);
    call.ended({ error: failure });
    throw failure;
  }
}

/** One getMany while it runs. */
class ManyRead {
  readonly #kernel: Kernel;
  readonly #call: KernelCall;
  readonly #wanted: { readonly kind: Kind; readonly view: string | undefined; readonly maxAgeMs: number };
  readonly #outcomes = new Map<string, Outcome<State>>();

  constructor(
    kernel: Kernel,
    settings: {
      readonly call: KernelCall;
      readonly kind: Kind;
      readonly view: string | undefined;
      readonly maxAgeMs: number;
    },
  ) {
    this.#kernel = kernel;
    this.#call = settings.call;
    this.#wanted = settings;
  }

  /** An outcome for each of `refs`, which are all different. What had come when the call was over stays an answer. */
  async read(refs: readonly Ref[]): Promise<ReadonlyMap<string, Outcome<State>>> {
    const limit = this.#kernel.concurrency;
    const missed: (MissedRead | undefined)[] = [];
    await concurrently([...refs.entries()], {
      limit,
      task: async ([index, ref]) => {
        // By index, so that batches are the same however long each account takes to be found.
        missed[index] = await this.#look(ref);
      },
    });
    using ctx = readContext(this.#kernel, this.#call);
    using _awake = this.#kernel.awake.hold();
    await concurrently(batchesOf(missed.filter((read) => read !== undefined)), {
      limit,
      task: (batch) => this.#readLive(ctx, batch),
    });
    return this.#outcomes;
  }

  /** Settles what needs no vendor; the rest is handed back. */
  async #look(ref: Ref): Promise<MissedRead | undefined> {
    const { kind, maxAgeMs } = this.#wanted;
    const { ctx } = this.#call;
    try {
      const target = await callTarget(this.#kernel, { call: this.#call, kind, ref, action: "get" });
      const { by, capability } = readBy(target.route, { from: ["getMany", "get"], maxAgeMs });
      const view = viewFor(target.route, { kind, view: this.#wanted.view, declared: capability.views });
      const read = cacheRead(target, { kind, view, observedFrom: ctx.clock.nowMs() - maxAgeMs });
      const looked = maxAgeMs > 0 ? lookedUp(this.#kernel, { call: this.#call, read, maxLagMs: maxAgeMs }) : undefined;
      const entry = isPromise(looked) ? await looked : looked;
      if (entry === undefined) return { target, read, by };
      this.#outcomes.set(ref.key, { ok: true, ref, state: stateOf(ctx, entry) });
    } catch (error) {
      this.#fail(ref, error);
    }
    return undefined;
  }

  async #readLive(ctx: Context, batch: ReadBatch): Promise<void> {
    const { scope, reads } = batch;
    let fills: readonly CacheFill[] = [];
    try {
      ctx.throwIfDone();
      fills = reads.map(({ read }) => this.#kernel.cache.beginFill(read));
      const { maxAgeMs } = this.#wanted;
      const outcomes = await readBatch(this.#kernel, { call: this.#call, ctx, batch, maxLagMs: maxAgeMs });
      for (const [index, outcome] of outcomes.entries()) this.#settle(outcome, { scope, fill: fills[index] });
    } catch (error) {
      const [fill] = fills;
      for (const { read } of reads) {
        // Of a provider that is asked for one ref at a time, the error is that ref's; else it says nothing of any of them.
        if (batch.by === "get") this.#settle({ ok: false, ref: read.ref, error }, { scope, fill });
        else this.#fail(read.ref, error);
      }
    }
  }

  #settle(
    outcome: LiveOutcome,
    { scope, fill }: { readonly scope: Scope; readonly fill: CacheFill | undefined },
  ): void {
    const { ref } = outcome;
    if (!outcome.ok) {
      if (fill !== undefined && isAbsence(outcome.error)) absent(this.#kernel, { scope, fill, ref });
      this.#fail(ref, outcome.error);
      return;
    }
    const observation = outcome.state;
    if (fill !== undefined) observed(this.#kernel, { scope, fill, observation });
    const state = stateOf(this.#call.ctx, { observation, source: "live" });
    this.#outcomes.set(ref.key, { ok: true, ref, state });
  }

  #fail(ref: Ref, error: unknown): void {
    this.#outcomes.set(ref.key, { ok: false, ref, error: this.#call.failure(error, { ref: ref.key }) });
  }
}

function noRefs(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: "refs is a list of refs. Write one in brackets, too.",
    origin: "caller",
  });
}
