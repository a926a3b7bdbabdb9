import { CloudLinkError, type Context, type DryRun, type Kind, type Ref } from "@cloudlink/core";
import type { DryRunRequest } from "@cloudlink/core/calls";
import { type ActionRoute, actionOf, actionRoute } from "./action-route.ts";
import { readContext } from "./call-bounds.ts";
import { type CallTarget, callTarget } from "./call-target.ts";
import { checkEntrance } from "./entrance.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { providerFault } from "./provider-fault.ts";
import { unimplemented } from "./route.ts";
import { callVendor } from "./vendor-call.ts";

/** See {@link Calls.dryRun}. */
export async function dryRun<K extends Kind>(kernel: Kernel, ctx: Context, request: DryRunRequest<K>): Promise<DryRun> {
  checkEntrance(kernel, { operation: "dryRun", ctx, request });
  const { kind } = request;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "dryRun", kind: kind.name });
  let ref: Ref | undefined;
  try {
    ctx.throwIfDone();
    const action = actionOf(kind, request.action);
    ref = kernel.refs.resolve(request.ref);
    if (kernel.providers.current(ref.provider) !== undefined) call.provider = ref.provider;
    const verdict = await judged(kernel, { call, kind, ref, action });
    const traced = "denial" in verdict ? { denial: call.failure(verdict.denial, { ref: ref.key }) } : {};
    const answer = Object.freeze({
      ...{ ref, action: action.name, allowed: !("denial" in verdict) },
      ...{ ...verdict, ...traced, traceId: call.traceId, stats: Object.freeze(call.stats()) },
    });
    call.ended({ source: "live" });
    return answer;
  } catch (error) {
    const known = call.failure(error, ref === undefined ? {} : { ref: ref.key });
    // Nothing was to be done. A provider that finds out that something was says so.
    const failure = known.effect === undefined ? known.with({ effect: "none" }) : known;
    call.ended({ error: failure });
    throw failure;
  }
}

/** What comes out of asking; that it may not be done is one of the two answers. */
type Verdict = Pick<DryRun, "operations" | "principal" | "denial">;

async function judged(
  kernel: Kernel,
  request: {
    readonly call: KernelCall;
    readonly kind: Kind;
    readonly ref: Ref;
    readonly action: Kind["actions"][string];
  },
): Promise<Verdict> {
  const { call, kind, ref, action } = request;
  let target: CallTarget;
  try {
    target = await callTarget(kernel, { call, kind, ref, action: action.name });
  } catch (error) {
    // The kernel's own permission: no vendor is asked whether it would allow what may not be asked of it.
    if (!isDenial(error)) throw error;
    return { operations: [], denial: error };
  }
  const route = actionRoute(target.route, action);
  const { provider } = target.route;
  if (!route.capability.dryRun) throw unimplemented(provider, `a dry run of "${action.name}" of ${kind.name}`);
  return await askVendor(kernel, { call, target, route });
}

async function askVendor(
  kernel: Kernel,
  request: { readonly call: KernelCall; readonly target: CallTarget; readonly route: ActionRoute },
): Promise<Verdict> {
  const { call, target, route } = request;
  const { ref, scope } = target;
  const { provider } = target.route;
  const { operations } = route.capability;
  using ctx = readContext(kernel, call);
  using _awake = kernel.awake.hold();
  const asked = { call, ctx, provider, scope };
  const { principal } = await callVendor(kernel, {
    ...asked,
    operations: [],
    run: (providerCall) => provider.identify(providerCall),
  });
  try {
    await callVendor(kernel, {
      ...asked,
      operations,
      resource: ref.key,
      mayRepeat: (error) => !CloudLinkError.isInstance(error) || (error.effect ?? "none") === "none",
      async run(providerCall) {
        const given = { ref, action: route.action.name, idempotencyKey: "dry-run", dryRun: true };
        const { state } = await route.act(providerCall, given);
        if (state !== "allowed")
          throw providerFault(provider, "it was asked for a dry run, and may have done it").with({ effect: "unknown" });
      },
    });
    return { operations, principal };
  } catch (error) {
    if (!isDenial(error)) throw error;
    return { operations, principal, denial: error };
  }
}

function isDenial(error: unknown): error is CloudLinkError {
  return CloudLinkError.isInstance(error) && error.code === "permission_denied";
}
