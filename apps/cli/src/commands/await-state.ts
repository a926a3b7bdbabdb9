import {
  type CallStats,
  CloudLinkError,
  type Context,
  type Filter,
  type Kind,
  matchesFilter,
  type Outcome,
  type Ref,
  type ResourceState,
  valueAt,
} from "@cloudlink/core";
import type { Connection } from "../connection/connection.ts";
import { pause } from "../pause.ts";
import { readableError } from "../readable-error.ts";
import { askOnce, mayPass } from "./asking.ts";
import { summed } from "./each-ref.ts";

/**
 * For how long it may be said that there is no such resource before it is believed, in milliseconds from the start. A vendor that has just
 * made one may not know it yet (Amazon EC2 User Guide, "Eventual consistency"); as a rule that takes seconds, and a name that is
 * misspelt should not cost the whole deadline.
 */
const ABSENCE_BELIEVED_AFTER_MS = 30_000;

/** A resource that is waited for. */
export interface Awaited {
  readonly ref: Ref;
  /** The last state that was seen, whether or not it is the one that was waited for. */
  state?: ResourceState<unknown>;
  /** Why it is not waited for any more, although the state is not reached. */
  error?: CloudLinkError;
  /** What the last question about it failed by, where that did not end the wait. */
  setback?: CloudLinkError | undefined;
  /** Before when it is not asked about again, on the context's `monotonicMs`: a rate limit said so. */
  notBefore?: number | undefined;
}

/** What is waited for, and how. */
export interface AwaitRequest {
  readonly connection: Connection;
  readonly kind: Kind;
  readonly refs: readonly Ref[];
  readonly filter: Filter;
  readonly intervalMs: number;
  /** Told after each question which are still waited for. */
  onPending(pending: readonly Awaited[]): void;
  /** Told of what fails and does not end the wait. */
  onSetback(setback: CloudLinkError): void;
}

/**
 * Asks for the resources' live state until each matches the filter, and no more of those that do. What may pass does not end it: faults, rate
 * limits, a question that is not answered in time, and for a while that there is no such resource. What one resource's vendor asks to be
 * waited for holds up no other: each is left out of the questions until its own time has come.
 *
 * @returns each in the request's order. It does not reject; the context's deadline and its cancelation are errors of those still waited for.
 */
export async function awaitState(
  ctx: Context,
  request: AwaitRequest,
): Promise<{ readonly awaited: readonly Awaited[]; readonly stats: CallStats }> {
  const { filter, intervalMs } = request;
  const awaited = request.refs.map((ref): Awaited => ({ ref }));
  const startedAt = ctx.clock.monotonicMs();
  const elapsedMs = () => ctx.clock.monotonicMs() - startedAt;
  const costs: CallStats[] = [];
  let pending = awaited;
  for (;;) {
    const believed = elapsedMs() >= ABSENCE_BELIEVED_AFTER_MS;
    const due = dueAt(ctx.clock.monotonicMs(), pending);
    const { outcomes, stats } = await ask(ctx, { ...request, refs: due.map(({ ref }) => ref) });
    if (stats !== undefined) costs.push(stats);
    const over = ctx.error();
    const now = ctx.clock.monotonicMs();
    for (const [index, each] of due.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      each.setback = undefined;
      each.notBefore = undefined;
      if (outcome.ok) each.state = outcome.state;
      // What a question fails by once time is up says nothing of the resource.
      else if (over !== undefined) continue;
      else if (outcome.error.code === "not_found" ? !believed : mayPass(outcome.error)) {
        const { afterMs } = outcome.error.retry;
        each.setback = outcome.error;
        each.notBefore = afterMs === undefined ? undefined : now + afterMs;
        request.onSetback(outcome.error);
      } else each.error = outcome.error;
    }
    pending = pending.filter(
      ({ state, error }) => error === undefined && !(state && matchesFilter(filter, state.value)),
    );
    if (pending.length === 0) break;
    request.onPending(pending);
    const soonest = Math.min(...pending.map(({ notBefore = now }) => notBefore));
    try {
      ctx.throwIfDone();
      await pause(ctx, Math.max(intervalMs, soonest - now));
    } catch (error) {
      for (const each of pending) each.error = unreached(readableError(error), { each, filter });
      break;
    }
  }
  return { awaited, stats: summed(costs, elapsedMs()) };
}

/** Those whose time has come to be asked about. */
function dueAt(now: number, pending: readonly Awaited[]): readonly Awaited[] {
  return pending.filter(({ notBefore = now }) => notBefore <= now);
}

/** One question about several. */
async function ask(
  ctx: Context,
  { connection, kind, refs, filter }: Pick<AwaitRequest, "connection" | "kind" | "refs" | "filter">,
): Promise<{ readonly outcomes: readonly Outcome<ResourceState<unknown>>[]; readonly stats?: CallStats }> {
  try {
    const view = viewFor(kind, filter);
    // What is waited for is what the vendor says now: an answer that somebody kept would be waited for in vain.
    return await askOnce(ctx, (own) => connection.getMany(own, { kind, refs, view, maxAgeMs: 0 }));
  } catch (thrown) {
    const error = readableError(thrown);
    return { outcomes: refs.map((ref) => ({ ok: false, ref, error: error.with({ ref: ref.key }) })) };
  }
}

/** The narrowest view that has every field of the filter, and no narrower than the default. */
function viewFor(kind: Kind, { where }: Filter): string {
  const needed = Object.keys(where).map((path) => kind.filterRules?.[path]?.fromView ?? kind.defaultView);
  const widest = Math.max(...[kind.defaultView, ...needed].map((view) => kind.views.indexOf(view)));
  return kind.views[widest] ?? kind.defaultView;
}

/** The error of a resource that did not get there in time: with what was seen last. */
function unreached(
  error: CloudLinkError,
  { each, filter }: { readonly each: Awaited; readonly filter: Filter },
): CloudLinkError {
  const { ref, state, setback } = each;
  const seen = state === undefined ? "it was not seen" : fieldsText(state, filter);
  const how = error.code === "canceled" ? "The wait was ended" : "The time to wait is over";
  return new CloudLinkError({
    ...error.toJSON(),
    message: `${how}, and ${ref.id} is not as it should be: ${seen}.`,
    ref: ref.key,
    details: {
      ...error.details,
      "last state": seen,
      ...(setback !== undefined && { "last problem": setback.message }),
    },
    cause: error,
  });
}

/** The fields that a filter asks for, as they are: `powerState is stopping`. */
export function fieldsText({ value }: ResourceState<unknown>, filter: Filter): string {
  return Object.keys(filter.where)
    .map((path) => `${path} is ${String(valueAt(value, path) ?? "not known")}`)
    .join(", ");
}
