import {
  type Answer,
  type CallStats,
  type Context,
  createTraceId,
  isAge,
  type Kind,
  type ValueOf,
} from "@cloudlink/core";
import { type GetRequest, isContext } from "@cloudlink/core/calls";
import { freshnessWish } from "./freshness-wish.ts";
import { isPromise } from "./in-time.ts";
import type { Kernel } from "./kernel.ts";
import { renew, useStale } from "./look-up.ts";
import type { ReadPlan } from "./read-plan.ts";
import type { PlannedRead } from "./read-plans.ts";

/** It asked nobody, and took no time that is worth a look at the clock. */
const nothing: CallStats = Object.freeze({ vendorCalls: 0, savedCalls: 1, retries: 0, durationMs: 0 });

/**
 * The answer to a `get`, if memory has it and the way there is known from before; the plan, if only the way is known, and the request is good;
 * `undefined` in every other case, mistakes, denials and absence among them: the whole way goes through all of it again, and says why.
 *
 * Most reads of a busy program come to this, so it is measured (`pnpm bench cache`): there is no async function in it, which costs 50 to 80 ns
 * each, and nothing is made but the answer. Permission, account and provider are asked for all the same.
 */
export function getFromMemory<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: GetRequest<K>,
): Answer<ValueOf<K>> | PlannedRead | undefined {
  const { ref, maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs } = request ?? noRequest;
  if (typeof ref !== "object") return undefined;
  const planned = kernel.plans.of(ref);
  if (planned === undefined) return undefined;
  const { plan } = planned;
  if (!isFor(plan, ctx, request) || !stillHolds(plan, kernel, ctx) || ctx.error() !== undefined) return undefined;
  if (!isAgeOrNone(maxAgeMs) || !isAgeOrNone(staleWhileRevalidateMs) || !isAgeOrNone(staleIfErrorMs)) return undefined;
  const nowMs = Math.ceil(ctx.clock.monotonicMs());
  // Who says how old it may be has said all; see `freshnessWish`.
  const staleMs = staleWhileRevalidateMs ?? (maxAgeMs === undefined ? undefined : 0);
  const read = { ref, fromView: plan.fromView, nowMs, maxAgeMs, staleMs };
  if (!planned.answers(read)) planned.answersBy(plan.namespace.look(read));
  const { entry, value, view, source, observedAt } = planned;
  if (entry === undefined) return planned;
  const ageMs = nowMs - planned.seenAt;
  if (ageMs > (maxAgeMs ?? entry.usual.maxAgeMs)) {
    useStale(kernel, { clock: ctx.clock, plan, ref, wish: freshnessWish(request), seenAt: planned.seenAt });
  } else {
    kernel.notes.note("hit", plan.subject);
    if (planned.isWorn) {
      renew(kernel, { clock: ctx.clock, plan, ref, wish: freshnessWish(request), seenAt: planned.seenAt });
    }
  }
  const refreshing = kernel.readings.isUnderWay(plan.placeKey, ref);
  const traceId = (ctx.trace ?? kernel.telemetry.currentTrace())?.traceId ?? createTraceId();
  const freshness = Object.freeze({ source, observedAt, ageMs, refreshing });
  return Object.freeze({ ref, value, view, freshness, traceId, stats: nothing }) as Answer<ValueOf<K>>;
}

function isAgeOrNone(given: unknown): boolean {
  return given === undefined || isAge(given);
}

/** What a caller in JavaScript may have left out. */
const noRequest: Partial<GetRequest<Kind>> = Object.freeze({});

/** Whether the plan is for what is asked now, in every field of the request. A native body is never kept. */
function isFor(plan: ReadPlan, ctx: Context, request: GetRequest<Kind>): boolean {
  if (!isContext(ctx) || ctx.tenant !== plan.tenant || plan.kind !== request.kind) return false;
  // In place of `requestMistake`, at a fifth of its cost; the compiler holds the names to the type.
  for (const name in request) {
    switch (name as keyof GetRequest<Kind>) {
      case "kind":
      case "ref":
      case "maxAgeMs":
      case "staleWhileRevalidateMs":
      case "staleIfErrorMs":
      case "view":
        break;
      default:
        return false;
    }
  }
  return request.view === plan.askedView && !isLive(plan, request);
}

/** Whether the vendor is to be asked, because the request says so, or says nothing and nobody advises anything. */
function isLive({ advice }: ReadPlan, { maxAgeMs, staleWhileRevalidateMs }: GetRequest<Kind>): boolean {
  return maxAgeMs === 0 || (maxAgeMs === undefined && advice === undefined && !staleWhileRevalidateMs);
}

/** Whether the provider and the account are still those it was made for, and the caller may still read there. */
function stillHolds({ provider, account, permission }: ReadPlan, kernel: Kernel, ctx: Context): boolean {
  if (kernel.providers.current(permission.provider) !== provider) return false;
  if (kernel.permission.denial(ctx, permission) !== undefined) return false;
  const found = kernel.accounts === undefined ? account : kernel.accounts.find(ctx, permission);
  // A directory that answers later is asked again on the whole way, and heard there.
  if (isPromise(found)) found.catch(() => {});
  return found === account;
}
