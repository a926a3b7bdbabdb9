import {
  CloudLinkError,
  type Context,
  type Kind,
  type ManyAnswer,
  type Outcome,
  type Ref,
  type ResourceState,
  type ValueOf,
} from "@cloudlink/core";
import type { GetManyRequest } from "@cloudlink/core/calls";
import { type Seen, stateOf } from "./answer.ts";
import { readContext } from "./call-bounds.ts";
import { callTarget } from "./call-target.ts";
import { concurrently } from "./concurrently.ts";
import { checkEntrance } from "./entrance.ts";
import { type FreshnessWish, freshnessWish } from "./freshness-wish.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { lookUp } from "./look-up.ts";
import { planRead } from "./plan-read.ts";
import type { ReadPlan } from "./read-plan.ts";
import { readVendor } from "./read-vendor.ts";

type State = ResourceState<unknown>;

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
    const wish = freshnessWish(request);
    if (!Array.isArray(request.refs)) throw noRefs();
    // A text that is no ref at all is the caller's mistake, and is told before anything happens.
    const refs = request.refs.map((ref) => kernel.refs.resolve(ref));
    const many = new ManyRead(kernel, { call, kind, view: request.view, wish });
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

/** One of many that are read, and how. */
interface PlannedRef {
  readonly plan: ReadPlan;
  readonly ref: Ref;
}

/** One getMany while it runs. */
class ManyRead {
  readonly #kernel: Kernel;
  readonly #call: KernelCall;
  readonly #wanted: { readonly kind: Kind; readonly view: string | undefined; readonly wish: FreshnessWish };
  readonly #outcomes = new Map<string, Outcome<State>>();
  /** Reads that were answered by what is kept. */
  readonly #kept: PlannedRef[] = [];

  constructor(
    kernel: Kernel,
    settings: {
      readonly call: KernelCall;
      readonly kind: Kind;
      readonly view: string | undefined;
      readonly wish: FreshnessWish;
    },
  ) {
    this.#kernel = kernel;
    this.#call = settings.call;
    this.#wanted = settings;
  }

  /** An outcome for each of `refs`, which are all different. What had come when the call was over stays an answer. */
  async read(refs: readonly Ref[]): Promise<ReadonlyMap<string, Outcome<State>>> {
    using ctx = readContext(this.#kernel, this.#call);
    using _awake = this.#kernel.awake.hold();
    // All at once, so that what is kept further away is asked for together.
    const looks = refs.map((ref) => this.#look(ref));
    const looked = await settledSoon(looks, ctx);
    // As many as the same reads would have taken.
    this.#call.savedCalls = groupsOf(this.#kept).length;
    // By index, so that batches are the same however long each account takes to be found.
    const groups = groupsOf(looked.flatMap((read) => (read === undefined || read === "late" ? [] : [read])));
    const late = looks.filter((_look, index) => looked[index] === "late");
    await Promise.all([
      concurrently(groups, {
        limit: this.#kernel.concurrency,
        task: async (reads) => {
          await Promise.all(reads.map((read) => this.#readLive(ctx, read)));
        },
      }),
      // What another process is fetching, say: the rest does not wait for it.
      ...late.map(async (look) => {
        const missed = await look;
        if (missed !== undefined) await this.#readLive(ctx, missed);
      }),
    ]);
    return this.#outcomes;
  }

  /** Settles what needs no vendor; what does is handed back. */
  async #look(ref: Ref): Promise<PlannedRef | undefined> {
    const { kind, view, wish } = this.#wanted;
    const kernel = this.#kernel;
    const call = this.#call;
    try {
      const target = await callTarget(kernel, { call, kind, ref, action: "get" });
      const plan = planRead(kernel, { kind, target, view, wish, from: ["getMany", "get"] });
      const seen = await lookUp(kernel, { call, plan, ref, wish });
      if (seen === undefined) return { plan, ref };
      this.#kept.push({ plan, ref });
      this.#settle(ref, seen);
    } catch (error) {
      this.#fail(ref, error);
    }
    return undefined;
  }

  async #readLive(ctx: Context, { plan, ref }: PlannedRef): Promise<void> {
    const { wish } = this.#wanted;
    try {
      ctx.throwIfDone();
      this.#settle(ref, await readVendor(this.#kernel, { call: this.#call, ctx, plan, ref, wish }));
    } catch (error) {
      this.#fail(ref, error);
    }
  }

  #settle(ref: Ref, seen: Seen): void {
    this.#outcomes.set(ref.key, { ok: true, ref, state: stateOf(seen) });
  }

  #fail(ref: Ref, error: unknown): void {
    this.#outcomes.set(ref.key, { ok: false, ref, error: this.#call.failure(error, { ref: ref.key }) });
  }
}

/** For so long, in milliseconds, looks are waited for before what they missed leaves: most are there in one turn, or in a millisecond or two. */
const SOON_MS = 50;

/** What each look came to, by its index; `late` for one that takes longer. */
async function settledSoon<Value>(
  looks: readonly Promise<Value>[],
  { clock }: Context,
): Promise<readonly (Value | "late")[]> {
  const { promise: soon, resolve } = Promise.withResolvers<void>();
  const settled = new Map<number, Value>();
  const all = Promise.all(
    looks.map(async (look, index) => {
      settled.set(index, await look);
    }),
  );
  const cancel = clock.schedule(resolve, { delayMs: SOON_MS });
  try {
    await Promise.race([all, soon]);
  } finally {
    cancel();
  }
  return looks.map((_look, index) => (settled.has(index) ? (settled.get(index) as Value) : "late"));
}

/** Reads that may leave in one call of a provider's: of one place and view, and no more than it takes. */
function groupsOf(reads: readonly PlannedRef[]): readonly (readonly PlannedRef[])[] {
  const groups = Map.groupBy(reads, ({ plan }) => plan);
  return [...groups].flatMap(([{ by, route }, group]) => {
    const { maxRefs = 1 } = by === "getMany" ? (route.capabilities.getMany ?? {}) : {};
    const size = Math.max(1, maxRefs);
    const chunks: PlannedRef[][] = [];
    for (let start = 0; start < group.length; start += size) chunks.push(group.slice(start, start + size));
    return chunks;
  });
}

function noRefs(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: "refs is a list of refs. Write one in brackets, too.",
    origin: "caller",
  });
}
