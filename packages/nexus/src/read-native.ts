import { boundsFor, type Ref, redactNative } from "@cloudlink/core";
import { type Seen, seenAt } from "./answer.ts";
import { readContext } from "./call-bounds.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { absent, acceptObservation, isAbsence, observed } from "./observation.ts";
import { providerFault } from "./provider-fault.ts";
import type { ReadPlan } from "./read-plan.ts";
import { unimplemented } from "./route.ts";
import { callVendor } from "./vendor-call.ts";

/** A read with the vendor's own body: always live, shared with nobody, and kept without that body. */
export async function readNative(
  kernel: Kernel,
  { call, plan, ref }: { readonly call: KernelCall; readonly plan: ReadPlan; readonly ref: Ref },
): Promise<Seen> {
  const { scope, route, view, namespace, kind } = plan;
  const { provider, handler, capabilities } = route;
  if (capabilities.get?.native !== true) throw unimplemented(provider, `native bodies of ${kind.name}`);
  const get = handler.get?.bind(handler);
  if (get === undefined) throw providerFault(provider, `it declares get for ${ref.kind} and does not have it`);
  kernel.notes.note("miss", plan.subject);
  using ctx = readContext(kernel, call);
  using _awake = kernel.awake.hold();
  const fill = namespace.beginFill(ctx.clock);
  try {
    const { observation, native } = await callVendor(kernel, {
      call,
      ctx,
      provider,
      scope,
      operations: capabilities.get.operations,
      resource: ref.key,
      async run(providerCall) {
        const given = await get(providerCall, { ref, view, native: true });
        const expected = { call, provider, kind: handler.kind, scope, view, ref, maxLagMs: 0 };
        return {
          observation: acceptObservation(given, expected),
          native: redactNative(given.native, capabilities.sensitive ?? []),
        };
      },
    });
    observed(kernel, { scope, fill, observation, usual: boundsFor(plan.advice, observation.value) });
    return seenAt(ctx.clock, { observation: { ...observation, native }, source: "live" });
  } catch (error) {
    if (isAbsence(error)) absent(kernel, { scope, fill, ref });
    throw error;
  }
}
