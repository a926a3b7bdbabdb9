import { type CacheEntry, type Clock, CloudLinkError, type Ref } from "@cloudlink/core";
import { type Seen, seenKept } from "./answer.ts";
import { type FreshnessWish, mostLagOf } from "./freshness-wish.ts";
import { waitedHalfFor } from "./in-time.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { isPassing } from "./passing-failure.ts";
import type { ReadPlan } from "./read-plan.ts";
import type { ReadingRequest } from "./readings.ts";

/** A read that may be answered by what is kept. */
export interface KeptRead {
  readonly call: KernelCall;
  readonly plan: ReadPlan;
  readonly ref: Ref;
  readonly wish: FreshnessWish;
}

/** What the vendor is to be asked for. */
export function readingRequest({ plan, ref, wish }: Omit<KeptRead, "call">): ReadingRequest {
  return { plan, ref, maxAgeMs: wish.maxAgeMs ?? plan.usualJoinMs, maxLagMs: mostLagOf(wish, plan.advice) };
}

/**
 * What is kept and will do, or `undefined`. What is older than asked for, and taken while a newer one is fetched, has that fetched.
 *
 * @throws `not_found` when the vendor has just said that it is absent.
 */
export async function lookUp(kernel: Kernel, kept: KeptRead): Promise<Seen | undefined> {
  const { call, plan, ref, wish } = kept;
  const { maxAgeMs, revalidateMs } = wish;
  // Live, whether the request says so or nobody advises anything else.
  const isLive = maxAgeMs === undefined ? plan.advice === undefined : maxAgeMs === 0;
  // A kernel that is closed answers nothing, and says so where the vendor would be asked.
  if ((isLive && !revalidateMs) || kernel.closing.aborted) return undefined;
  const { namespace, fromView } = plan;
  const { ctx } = call;
  let nowMs = Math.ceil(ctx.clock.monotonicMs());
  const read = { ref, fromView, nowMs, maxAgeMs, staleMs: revalidateMs };
  let entry = namespace.look(read);
  if (entry === undefined) {
    let isWaiting = true;
    const further = namespace.lookFurther(read, () => isWaiting && ctx.error() === undefined);
    if (further !== undefined) {
      try {
        entry = await waitedHalfFor(kernel, { call, promise: further });
      } finally {
        isWaiting = false;
      }
    }
    // It may have waited for what another process was fetching.
    nowMs = Math.max(nowMs, Math.floor(ctx.clock.monotonicMs()));
  }
  if (entry === undefined || lagsBehind(entry, kept)) return undefined;
  if (read.nowMs - entry.seenAt > (maxAgeMs ?? entry.usual.maxAgeMs))
    useStale(kernel, { ...kept, clock: ctx.clock, seenAt: entry.seenAt });
  else {
    kernel.notes.note("hit", plan.subject);
    if (entry.isWorn(nowMs)) renew(kernel, { ...kept, clock: ctx.clock, seenAt: entry.seenAt });
  }
  if (entry.observation === undefined) throw keptAbsence(ref);
  return seenKept(entry.observation, { entry, nowMs, refreshing: kernel.readings.isUnderWay(plan.placeKey, ref) });
}

/** Whether the source of what is kept lags by more than the read takes. */
function lagsBehind(entry: CacheEntry, { plan, wish }: Pick<KeptRead, "plan" | "wish">): boolean {
  const lagMs = entry.observation?.sourceLagMs;
  return lagMs !== undefined && lagMs > mostLagOf(wish, plan.advice);
}

/** What is older than asked for is about to answer: it is noted, and renewed. */
export function useStale(kernel: Kernel, used: Renewal): void {
  kernel.notes.note("stale", used.plan.subject);
  renew(kernel, used);
}

/** What is about to answer, and is to be fetched anew while nobody waits. */
type Renewal = Omit<KeptRead, "call"> & {
  readonly clock: Clock;
  /** When what answers was seen, on the monotonic clock. */
  readonly seenAt: number;
};

/**
 * Has what answers fetched anew, unless that is being done. Where a level further away has a younger one, or another process is fetching it, that will
 * do: of replicas that all have the same, one asks.
 */
export function renew(kernel: Kernel, used: Renewal): void {
  const { plan, ref, wish, clock, seenAt } = used;
  const key = `${plan.placeKey} ${ref.key}`;
  if (kernel.renewals.has(key)) return;
  const nowMs = Math.ceil(clock.monotonicMs());
  const youngerMs = nowMs - seenAt - 1;
  const maxAgeMs = Math.min(youngerMs, wish.maxAgeMs ?? youngerMs);
  const read = { ref, fromView: plan.fromView, nowMs, maxAgeMs, staleMs: 0 };
  const further = maxAgeMs > 0 ? plan.namespace.lookFurther(read, () => !kernel.closing.aborted) : undefined;
  if (further === undefined) {
    kernel.readings.refresh(clock, readingRequest(used));
    return;
  }
  kernel.renewals.add(key);
  void further.then((entry) => {
    kernel.renewals.delete(key);
    if (entry === undefined && !kernel.closing.aborted) kernel.readings.refresh(clock, readingRequest(used));
  });
}

/** What is kept and will do although the vendor could not say, or `undefined`. */
export async function keptDespite(
  kernel: Kernel,
  kept: KeptRead & { readonly error: unknown },
): Promise<Seen | undefined> {
  const { call, plan, ref, wish, error } = kept;
  if (!isPassing(error) || wish.errorMs === 0) return undefined;
  const { namespace, fromView } = plan;
  const nowMs = Math.ceil(call.ctx.clock.monotonicMs());
  const serves = (entry: CacheEntry) => {
    const { observation, usual, seenAt } = entry;
    if (observation === undefined || lagsBehind(entry, kept)) return false;
    if (plan.kind.views.indexOf(observation.view) < fromView) return false;
    return nowMs - seenAt <= (wish.maxAgeMs ?? usual.maxAgeMs) + (wish.errorMs ?? usual.staleIfErrorMs ?? 0);
  };
  let entry = namespace.kept(ref).find(serves);
  if (entry === undefined) {
    const further = await namespace.keptFurther({ ref, fromView });
    if (further !== undefined && serves(further)) entry = further;
  }
  if (entry?.observation === undefined) return undefined;
  const refreshing = kernel.readings.isUnderWay(plan.placeKey, ref);
  return seenKept(entry.observation, { entry, nowMs, refreshing });
}

function keptAbsence(ref: Ref): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrResourceNotFound",
    message: `${ref.key} did not exist when its vendor was asked a moment ago. Ask with maxAgeMs 0 to have it asked again.`,
    origin: "cache",
    provider: ref.provider,
  });
}
