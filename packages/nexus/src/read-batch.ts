import type { CacheRead, Context, Observation, Outcome, ProviderCall, Scope } from "@cloudlink/core";
import type { CallTarget } from "./call-target.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { acceptObservation } from "./observation.ts";
import { providerError, providerFault } from "./provider-fault.ts";
import type { Route } from "./route.ts";
import { callVendor } from "./vendor-call.ts";

/** A read that no cache answered. */
export interface MissedRead {
  readonly target: CallTarget;
  readonly read: CacheRead;
  /** The capability that it is read by. */
  readonly by: "get" | "getMany";
}

/** Reads that leave in one call of a provider: one scope, one view, no more than the provider takes. */
export interface ReadBatch {
  readonly scope: Scope;
  readonly route: Route;
  readonly view: string;
  readonly by: MissedRead["by"];
  readonly reads: readonly MissedRead[];
}

/** What is read by `get` is asked for one ref at a time. */
export function batchesOf(missed: readonly MissedRead[]): readonly ReadBatch[] {
  const groups = new Map<string, Omit<ReadBatch, "reads"> & { reads: MissedRead[] }>();
  for (const each of missed) {
    const { scope, route } = each.target;
    const { by } = each;
    const { view } = each.read;
    const key = `${scope.key} ${view}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { scope, route, view, by, reads: [each] });
    else group.reads.push(each);
  }
  return [...groups.values()].flatMap(({ reads, ...group }) => {
    const { maxRefs = 1 } = group.by === "getMany" ? (group.route.capabilities.getMany ?? {}) : {};
    const size = Math.max(1, maxRefs);
    const batches: ReadBatch[] = [];
    for (let start = 0; start < reads.length; start += size) {
      batches.push({ ...group, reads: reads.slice(start, start + size) });
    }
    return batches;
  });
}

/** An outcome for each read of the batch, in its order. */
export async function readBatch(
  kernel: Kernel,
  request: {
    readonly call: KernelCall;
    readonly ctx: Context;
    readonly batch: ReadBatch;
    /** By how much the source may lag. */
    readonly maxLagMs: number;
  },
): Promise<readonly Outcome<Observation<unknown>>[]> {
  const { call, ctx, batch, maxLagMs } = request;
  const { scope, route } = batch;
  const { provider, capabilities } = route;
  return await callVendor(kernel, {
    call,
    ctx,
    provider,
    scope,
    operations: capabilities[batch.by]?.operations ?? [],
    run: async (providerCall) => {
      const given = new Map<string, Outcome<Observation<unknown>>>();
      for (const outcome of await ask(providerCall, batch)) given.set(outcome.ref.key, outcome);
      return batch.reads.map(({ read }) => acceptOutcome(given.get(read.ref.key), { call, batch, read, maxLagMs }));
    },
  });
}

async function ask(
  providerCall: ProviderCall,
  { route, view, by, reads }: ReadBatch,
): Promise<readonly Outcome<Observation<unknown>>[]> {
  const { provider, handler } = route;
  if (by === "getMany") {
    if (handler.getMany === undefined) {
      throw providerFault(provider, `it declares getMany for ${handler.kind.name} and does not have it`);
    }
    return await handler.getMany(providerCall, { refs: reads.map(({ read }) => read.ref), view });
  }
  if (handler.get === undefined) {
    throw providerFault(provider, `it declares get for ${handler.kind.name} and does not have it`);
  }
  const outcomes: Outcome<Observation<unknown>>[] = [];
  for (const { read } of reads) {
    const state = await handler.get(providerCall, { ref: read.ref, view, native: false });
    outcomes.push({ ok: true, ref: read.ref, state });
  }
  return outcomes;
}

/** What the provider gave for one ref. What is wrong with it is that ref's trouble, and spoils no other. */
function acceptOutcome(
  given: Outcome<Observation<unknown>> | undefined,
  asked: {
    readonly call: KernelCall;
    readonly batch: ReadBatch;
    readonly read: CacheRead;
    readonly maxLagMs: number;
  },
): Outcome<Observation<unknown>> {
  const { call, maxLagMs } = asked;
  const { scope, route, view } = asked.batch;
  const { ref } = asked.read;
  const { provider, handler } = route;
  try {
    if (given === undefined) throw providerFault(provider, "it left a ref without an outcome");
    if (!given.ok) throw given.error;
    const { kind } = handler;
    const state = acceptObservation(given.state, { call, provider, kind, scope, view, ref, maxLagMs });
    return { ok: true, ref, state };
  } catch (error) {
    return { ok: false, ref, error: providerError(error, provider) };
  }
}
