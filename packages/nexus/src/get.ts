import {
  type Answer,
  type CacheRead,
  CloudLinkError,
  type Context,
  type Kind,
  type Observation,
  redactNative,
  type ValueOf,
} from "@cloudlink/core";
import { GetAnswer } from "./answer.ts";
import { checkMaxAge, readContext } from "./call-bounds.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { observed } from "./observed.ts";
import { type ReadTarget, readTarget } from "./read-target.ts";
import type { GetRequest } from "./requests.ts";
import { unimplemented, viewFor } from "./route.ts";
import { callVendor, providerFault } from "./vendor-call.ts";

/** See {@link Nexus.get}. */
export async function get<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: GetRequest<K>,
): Promise<Answer<ValueOf<K>>> {
  const { kind } = request;
  const call = new KernelCall(kernel, ctx, { operation: "get", kind: kind.name, provider: "*" });
  try {
    ctx.throwIfDone();
    const maxAgeMs = checkMaxAge(request.maxAgeMs);
    const ref = kernel.refs.resolve(request.ref);
    const target = await readTarget(kernel, { ctx, kind, ref });
    const capability = target.route.capabilities.get;
    if (capability === undefined) throw unimplemented(`get for ${kind.name}`);
    const view = viewFor(kind, { view: request.view, declared: capability.views });
    const native = request.native === true;
    if (native && capability.native !== true) throw unimplemented(`native bodies of ${kind.name}`);

    const read = cacheRead(target, { kind, view, observedFrom: ctx.clock.nowMs() - maxAgeMs });
    const entry = maxAgeMs > 0 && !native ? kernel.cache.look(read) : undefined;
    const seen = entry ?? {
      observation: await readLive(kernel, { call, target, read, native }),
      source: "live" as const,
    };
    call.ended({ source: seen.source });
    return new GetAnswer(call, seen) as Answer<ValueOf<K>>;
  } catch (error) {
    const failure = call.failure(error, { ref: String(request.ref) });
    call.ended({ error: failure });
    throw failure;
  }
}

/** What a cache is asked for, and filled with. */
export function cacheRead(
  { ref, scope }: ReadTarget,
  wanted: { readonly kind: Kind; readonly view: string; readonly observedFrom: number },
): CacheRead {
  const { kind, view, observedFrom } = wanted;
  return { scope: scope.key, ref, major: kind.major, view, observedFrom };
}

async function readLive(
  kernel: Kernel,
  request: {
    readonly call: KernelCall;
    readonly target: ReadTarget;
    readonly read: CacheRead;
    readonly native: boolean;
  },
): Promise<Observation<unknown>> {
  const { call, target, read, native } = request;
  const { ref, scope, route } = target;
  const { provider, handler, capabilities } = route;
  const get = handler.get?.bind(handler);
  if (get === undefined) throw providerFault(provider, `it declares get for ${ref.kind} and does not have it`);
  using ctx = readContext(kernel, call.ctx);
  const fill = kernel.cache.beginFill(read);
  try {
    const observation = await callVendor(kernel, {
      call,
      ctx,
      provider,
      scope,
      operations: capabilities.get?.operations ?? [],
      run: (providerCall) => get(providerCall, { ref, view: read.view, native }),
    });
    if (observation.ref.key !== ref.key) throw providerFault(provider, "it answered for another resource");
    if (observation.native !== undefined) {
      return { ...observation, native: redactNative(observation.native, capabilities.sensitive ?? []) };
    }
    observed(kernel, { scope, fill, observation });
    return observation;
  } catch (error) {
    if (CloudLinkError.isInstance(error) && error.code === "not_found") {
      kernel.events.publish({ type: "absent", scope, kind: ref.kind, ref: ref.key });
    }
    throw error;
  }
}
