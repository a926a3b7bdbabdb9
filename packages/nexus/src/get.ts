import {
  type Answer,
  type CacheRead,
  CloudLinkError,
  type Context,
  type Kind,
  type Observation,
  type Ref,
  redactNative,
  type ValueOf,
} from "@cloudlink/core";
import { GetAnswer } from "./answer.ts";
import { checkMaxAge, readContext } from "./call-bounds.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { absent, acceptObservation, observed } from "./observation.ts";
import { providerFault } from "./provider-fault.ts";
import { type ReadTarget, readTarget } from "./read-target.ts";
import type { GetRequest } from "./requests.ts";
import { readBy, unimplemented, viewFor } from "./route.ts";
import { callVendor } from "./vendor-call.ts";

/** See {@link Nexus.get}. */
export async function get<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: GetRequest<K>,
): Promise<Answer<ValueOf<K>>> {
  const { kind } = request;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "get", kind: kind.name });
  let ref: Ref | undefined;
  try {
    ctx.throwIfDone();
    const maxAgeMs = checkMaxAge(request.maxAgeMs);
    ref = kernel.refs.resolve(request.ref);
    if (kernel.providers.current(ref.provider) !== undefined) call.provider = ref.provider;
    const target = await readTarget(kernel, { call, kind, ref });
    const native = request.native === true;
    const { provider, capabilities } = target.route;
    const { capability } = readBy(target.route, { from: ["get"], maxAgeMs: native ? 0 : maxAgeMs });
    const view = viewFor(target.route, { kind, view: request.view, declared: capability.views });
    if (native && capabilities.get?.native !== true) throw unimplemented(provider, `native bodies of ${kind.name}`);

    const read = cacheRead(target, { kind, view, observedFrom: ctx.clock.nowMs() - maxAgeMs });
    const entry = maxAgeMs > 0 && !native ? kernel.cache.look(read) : undefined;
    const seen = entry ?? {
      observation: await readLive(kernel, { call, target, read, native }),
      source: "live" as const,
    };
    const answer = new GetAnswer(call, seen) as Answer<ValueOf<K>>;
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
  using ctx = readContext(kernel, call);
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
        const observation = acceptObservation(given, { provider, kind: handler.kind, scope, view: read.view, ref });
        return { observation, body: native ? redactNative(given.native, capabilities.sensitive ?? []) : undefined };
      },
    });
    observed(kernel, { scope, fill, observation });
    return body === undefined ? observation : { ...observation, native: body };
  } catch (error) {
    if (CloudLinkError.isInstance(error) && error.code === "not_found") absent(kernel, { scope, ref });
    throw error;
  }
}
