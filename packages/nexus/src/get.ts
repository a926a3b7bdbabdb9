import {
  type Answer,
  type CacheEntry,
  type CacheRead,
  type Context,
  type Kind,
  type Observation,
  type Ref,
  redactNative,
  type ValueOf,
} from "@cloudlink/core";
import type { GetRequest } from "@cloudlink/core/calls";
import { answerOf } from "./answer.ts";
import { checkMaxAge, readContext } from "./call-bounds.ts";
import { type CallTarget, callTarget } from "./call-target.ts";
import { checkEntrance } from "./entrance.ts";
import { isPromise, waitedFor } from "./in-time.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { absent, acceptObservation, isAbsence, observed } from "./observation.ts";
import { providerFault } from "./provider-fault.ts";
import { readBy, unimplemented, viewFor } from "./route.ts";
import { callVendor } from "./vendor-call.ts";

/** See {@link Nexus.get}. */
export async function get<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: GetRequest<K>,
): Promise<Answer<ValueOf<K>>> {
  checkEntrance(kernel, { operation: "get", ctx, request });
  const { kind } = request;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "get", kind: kind.name });
  let ref: Ref | undefined;
  try {
    ctx.throwIfDone();
    const maxAgeMs = checkMaxAge(request.maxAgeMs);
    ref = kernel.refs.resolve(request.ref);
    if (kernel.providers.current(ref.provider) !== undefined) call.provider = ref.provider;
    const target = await callTarget(kernel, { call, kind, ref, action: "get" });
    const native = request.native === true;
    const { provider, capabilities } = target.route;
    // A native body is always read live.
    const maxLagMs = native ? 0 : maxAgeMs;
    const { capability } = readBy(target.route, { from: ["get"], maxAgeMs: maxLagMs });
    const view = viewFor(target.route, { kind, view: request.view, declared: capability.views });
    if (native && capabilities.get?.native !== true) throw unimplemented(provider, `native bodies of ${kind.name}`);

    const read = cacheRead(target, { kind, view, observedFrom: ctx.clock.nowMs() - maxAgeMs });
    const looked = maxAgeMs > 0 && !native ? lookedUp(kernel, { call, read, maxLagMs }) : undefined;
    const entry = isPromise(looked) ? await looked : looked;
    const seen = entry ?? {
      observation: await readLive(kernel, { call, target, read, native, maxLagMs }),
      source: "live" as const,
    };
    const answer = answerOf(call, seen) as Answer<ValueOf<K>>;
    call.ended({ source: seen.source });
    return answer;
  } catch (error) {
    // A text that is no ref is not repeated: nobody knows what is in it, or how long it is.
    const failure = call.failure(error, ref === undefined ? {} : { ref: ref.key });
    call.ended({ error: failure });
    throw failure;
  }
}

/** What a cache is asked for, and filled with. */
export function cacheRead(
  { ref, scope }: CallTarget,
  wanted: { readonly kind: Kind; readonly view: string; readonly observedFrom: number },
): CacheRead {
  const { kind, view, observedFrom } = wanted;
  const narrower = kind.views.indexOf(view);
  // Most reads are of a kind's first view, and a copy costs more than the rest of this.
  const views = narrower === 0 ? kind.views : kind.views.slice(narrower);
  return { scope: scope.key, ref, major: kind.major, view, views, observedFrom };
}

/** What the cache answers, if its source lags by no more than the caller takes. */
export function lookedUp(
  kernel: Kernel,
  request: { readonly call: KernelCall; readonly read: CacheRead; readonly maxLagMs: number },
): CacheEntry | undefined | Promise<CacheEntry | undefined> {
  const { call, read, maxLagMs } = request;
  const given = kernel.cache.look(read);
  if (!isPromise(given)) return unlessItLags(given, maxLagMs);
  return waitedFor(kernel, { call, promise: given }).then((entry) => unlessItLags(entry, maxLagMs));
}

function unlessItLags(entry: CacheEntry | undefined, maxLagMs: number): CacheEntry | undefined {
  const { sourceLagMs = 0 } = entry?.observation ?? {};
  return sourceLagMs > maxLagMs ? undefined : entry;
}

async function readLive(
  kernel: Kernel,
  request: {
    readonly call: KernelCall;
    readonly target: CallTarget;
    readonly read: CacheRead;
    readonly native: boolean;
    readonly maxLagMs: number;
  },
): Promise<Observation<unknown>> {
  const { call, target, read, native, maxLagMs } = request;
  const { ref, scope, route } = target;
  const { provider, handler, capabilities } = route;
  const get = handler.get?.bind(handler);
  if (get === undefined) throw providerFault(provider, `it declares get for ${ref.kind} and does not have it`);
  using ctx = readContext(kernel, call);
  using _awake = kernel.awake.hold();
  const fill = kernel.cache.beginFill(read);
  try {
    const { observation, body } = await callVendor(kernel, {
      call,
      ctx,
      provider,
      scope,
      operations: capabilities.get?.operations ?? [],
      async run(providerCall) {
        const given = await get(providerCall, { ref, view: read.view, native });
        const { kind } = handler;
        const expected = { call, provider, kind, scope, view: read.view, ref, maxLagMs };
        const observation = acceptObservation(given, expected);
        return { observation, body: native ? redactNative(given.native, capabilities.sensitive ?? []) : undefined };
      },
    });
    observed(kernel, { scope, fill, observation });
    return body === undefined ? observation : { ...observation, native: body };
  } catch (error) {
    if (isAbsence(error)) absent(kernel, { scope, fill, ref });
    throw error;
  }
}
