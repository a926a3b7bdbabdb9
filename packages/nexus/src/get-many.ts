import type {
  CacheFill,
  Context,
  Kind,
  ManyAnswer,
  Observation,
  Outcome,
  ProviderCall,
  Ref,
  ResourceState,
  ValueOf,
} from "@cloudlink/core";
import { stateOf } from "./answer.ts";
import { checkMaxAge, readContext } from "./call-bounds.ts";
import { concurrently } from "./concurrently.ts";
import { cacheRead } from "./get.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { observed } from "./observed.ts";
import { type ReadTarget, readTarget } from "./read-target.ts";
import type { GetManyRequest } from "./requests.ts";
import { unimplemented, viewFor } from "./route.ts";
import { callVendor, providerFault } from "./vendor-call.ts";

type State = ResourceState<unknown>;

/** Refs that leave in one call of a provider: one scope, one kind, no more than the provider takes. */
interface Batch {
  readonly targets: readonly [ReadTarget, ...ReadTarget[]];
  readonly view: string;
}

/** See {@link Nexus.getMany}. */
export async function getMany<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: GetManyRequest<K>,
): Promise<ManyAnswer<ValueOf<K>>> {
  const { kind } = request;
  const call = new KernelCall(kernel, ctx, { operation: "getMany", kind: kind.name, provider: "*" });
  try {
    ctx.throwIfDone();
    const observedFrom = ctx.clock.nowMs() - checkMaxAge(request.maxAgeMs);
    // A text that is no ref at all is the caller's mistake, and is told before anything happens.
    const refs = request.refs.map((ref) => kernel.refs.resolve(ref));
    const outcomes = new Map<string, Outcome<State>>();
    const settle = (ref: Ref, outcome: { readonly state: State } | { readonly error: unknown }) => {
      outcomes.set(
        ref.key,
        "state" in outcome
          ? { ok: true, ref, state: outcome.state }
          : { ok: false, ref, error: call.failure(outcome.error, { ref: ref.key }) },
      );
    };

    const missed: { target: ReadTarget; view: string }[] = [];
    for (const ref of new Map(refs.map((each) => [each.key, each])).values()) {
      try {
        const target = await readTarget(kernel, { ctx, kind, ref });
        const view = viewFor(kind, { view: request.view, declared: viewsOf(target) });
        const entry = kernel.cache.look(cacheRead(target, { kind, view, observedFrom }));
        if (entry === undefined) missed.push({ target, view });
        else settle(ref, { state: stateOf(ctx, entry) });
      } catch (error) {
        settle(ref, { error });
      }
    }

    using callContext = readContext(kernel, ctx);
    await concurrently(batchesOf(missed), {
      limit: kernel.concurrency,
      async task(batch) {
        const fills = new Map<string, CacheFill>();
        for (const target of batch.targets) {
          fills.set(
            target.ref.key,
            kernel.cache.beginFill(cacheRead(target, { kind, view: batch.view, observedFrom })),
          );
        }
        try {
          const answered = await readBatch(kernel, { call, ctx: callContext, batch });
          for (const { ref } of batch.targets) {
            const outcome = answered.get(ref.key);
            if (outcome === undefined) {
              settle(ref, {
                error: providerFault(batch.targets[0].route.provider, "it left a ref without an outcome"),
              });
            } else if (outcome.ok) {
              const fill = fills.get(ref.key);
              if (fill !== undefined)
                observed(kernel, { scope: batch.targets[0].scope, fill, observation: outcome.state });
              settle(ref, { state: stateOf(ctx, { observation: outcome.state, source: "live" }) });
            } else settle(ref, { error: outcome.error });
          }
        } catch (error) {
          for (const { ref } of batch.targets) settle(ref, { error });
        }
      },
    });

    call.ended({});
    const { traceId } = call;
    const inOrder = refs.flatMap((ref) => outcomes.get(ref.key) ?? []);
    return { outcomes: inOrder as Outcome<ResourceState<ValueOf<K>>>[], traceId, stats: call.stats() };
  } catch (error) {
    const failure = call.failure(error);
    call.ended({ error: failure });
    throw failure;
  }
}

function viewsOf({ route, ref }: ReadTarget): readonly string[] {
  const capability = route.capabilities.getMany ?? route.capabilities.get;
  if (capability === undefined) throw unimplemented(`get or getMany for ${ref.kind}`);
  return capability.views;
}

/** A provider that takes no batches is asked for one ref at a time. */
function batchesOf(missed: readonly { readonly target: ReadTarget; readonly view: string }[]): readonly Batch[] {
  const groups = new Map<string, { view: string; targets: ReadTarget[] }>();
  for (const { target, view } of missed) {
    const key = `${target.scope.key} ${view}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { view, targets: [target] });
    else group.targets.push(target);
  }
  const batches: Batch[] = [];
  for (const { view, targets } of groups.values()) {
    const size = Math.max(1, targets[0]?.route.capabilities.getMany?.maxRefs ?? 1);
    for (let start = 0; start < targets.length; start += size) {
      batches.push({ view, targets: targets.slice(start, start + size) as [ReadTarget, ...ReadTarget[]] });
    }
  }
  return batches;
}

async function readBatch(
  kernel: Kernel,
  request: { readonly call: KernelCall; readonly ctx: Context; readonly batch: Batch },
): Promise<ReadonlyMap<string, Outcome<Observation<unknown>>>> {
  const { call, ctx, batch } = request;
  const [first] = batch.targets;
  const { provider, handler, capabilities } = first.route;
  const refs = batch.targets.map(({ ref }) => ref);
  const capability = capabilities.getMany ?? capabilities.get;
  const run = async (providerCall: ProviderCall): Promise<readonly Outcome<Observation<unknown>>[]> => {
    const { view } = batch;
    if (capabilities.getMany === undefined) {
      if (handler.get === undefined)
        throw providerFault(provider, `it declares get for ${first.ref.kind} and does not have it`);
      return [
        { ok: true, ref: first.ref, state: await handler.get(providerCall, { ref: first.ref, view, native: false }) },
      ];
    }
    if (handler.getMany === undefined)
      throw providerFault(provider, `it declares getMany for ${first.ref.kind} and does not have it`);
    return await handler.getMany(providerCall, { refs, view });
  };
  const operations = capability?.operations ?? [];
  const outcomes = await callVendor(kernel, { call, ctx, provider, scope: first.scope, operations, run });
  return new Map(outcomes.map((outcome) => [outcome.ref.key, outcome]));
}
