import { type Answer, type CallStats, type Context, createTraceId, type Kind, type ValueOf } from "@cloudlink/core";
import { type GetRequest, requestMistake } from "@cloudlink/core/calls";
import { answerOf, seenKept } from "./answer.ts";
import { validWish } from "./freshness-wish.ts";
import type { Kernel } from "./kernel.ts";
import { lagsBehind, useEntry } from "./look-up.ts";
import type { ReadPlan } from "./read-plan.ts";

/** It asked nobody, and took no time that is worth a look at the clock. */
const nothing: CallStats = Object.freeze({ vendorCalls: 0, savedCalls: 1, retries: 0, durationMs: 0 });

/**
 * The answer to a `get`, if memory has it and the way there is known from before; `undefined` in every other case, mistakes, denials and
 * absence among them: the whole way goes through all of it again, and says why.
 *
 * Most reads of a busy program come to this, so it is measured (`pnpm bench cache`): there is no async function in it, which costs 50 to 80 ns
 * each, and nothing is made but the answer. Permission, account and provider are asked for all the same.
 */
export function getFromMemory<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: GetRequest<K>,
): Answer<ValueOf<K>> | undefined {
  if (requestMistake("get", { ctx, request }) !== undefined || typeof request.ref !== "object") return undefined;
  const plan = kernel.plans.get(request.ref);
  if (plan === undefined || !isFor(plan, ctx, request) || !stillHolds(plan, kernel, ctx)) return undefined;
  const wish = validWish(request);
  if (wish === undefined || ctx.error() !== undefined) return undefined;
  const nowMs = ctx.clock.monotonicMs();
  const { maxAgeMs, revalidateMs } = wish;
  const entry = plan.namespace.look({
    ref: request.ref,
    fromView: plan.fromView,
    nowMs,
    maxAgeMs,
    staleMs: revalidateMs,
  });
  if (entry?.observation === undefined || lagsBehind(entry, { plan, wish })) return undefined;
  useEntry(kernel, { clock: ctx.clock, plan, wish, entry, nowMs });
  const seen = seenKept(entry.observation, { entry, nowMs, refreshing: kernel.readings.isUnderWay(plan) });
  const traceId = (ctx.trace ?? kernel.telemetry.currentTrace())?.traceId ?? createTraceId();
  return answerOf({ traceId, stats: nothing }, seen) as Answer<ValueOf<K>>;
}

/** Whether the plan is for what is asked now. A native body is never kept. */
function isFor(plan: ReadPlan, ctx: Context, request: GetRequest<Kind>): boolean {
  return (
    plan.kind === request.kind &&
    plan.askedView === request.view &&
    plan.tenant === ctx.tenant &&
    request.native !== true &&
    request.maxAgeMs !== 0
  );
}

/** Whether the provider and the account are still those it was made for, and the caller may still read there. */
function stillHolds({ provider, account, target, permission }: ReadPlan, kernel: Kernel, ctx: Context): boolean {
  return (
    kernel.providers.current(target.ref.provider) === provider &&
    (kernel.accounts === undefined || kernel.accounts.find(ctx, target.ref) === account) &&
    kernel.permission.denial(ctx, permission) === undefined
  );
}
