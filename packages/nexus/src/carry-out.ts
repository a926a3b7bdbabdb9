import { background, CloudLinkError, type Context, type Kind, untilDone } from "@cloudlink/core";
import type { ActionRoute } from "./action-route.ts";
import { type AcceptedState, acceptState } from "./action-state.ts";
import { readContext } from "./call-bounds.ts";
import type { CallTarget } from "./call-target.ts";
import { EffectRecord } from "./effect.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { callVendor } from "./vendor-call.ts";

/** An action that is about to be carried out. */
export interface Deed {
  readonly call: KernelCall;
  readonly kind: Kind;
  readonly target: CallTarget;
  readonly route: ActionRoute;
  readonly idempotencyKey: string;
  /** Told how it ended, before the caller hears of it, and also when the caller has left. It must not reject. */
  ended?(outcome: { readonly state: AcceptedState } | { readonly error: CloudLinkError }): Promise<void>;
}

/**
 * Carries an action out, and says on every error what came of it.
 *
 * Once it was sent it runs to its end or to the deadline, whether or not the caller waits: a request that is broken off is not undone, one
 * only never hears what it did.
 */
export async function carryOut(kernel: Kernel, deed: Deed): Promise<AcceptedState> {
  const { call } = deed;
  using ctx = readContext(kernel, call);
  // Of its own: the caller's deadline, tenant and trace, and not the caller's cancelation.
  const own = detached(ctx, kernel).withCancel();
  const effects = new EffectRecord(call);
  const work = attemptAll(kernel, { ...deed, ctx: own, effects, isWanted: () => ctx.error() === undefined }).finally(
    () => own.cancel(),
  );
  try {
    return await untilDone(ctx, work);
  } catch (error) {
    if (!effects.inTheAir) own.cancel();
    throw withEffect(error, effects);
  }
}

function detached(ctx: Context, kernel: Kernel): Context {
  const left = ctx.deadlineAt === Number.POSITIVE_INFINITY ? ctx.deadlineAt : ctx.remainingMs();
  const fresh = background({ clock: ctx.clock }).withTenant(ctx.tenant).withTimeout(left).withSignal(kernel.closing);
  return ctx.trace === undefined ? fresh : fresh.withTrace(ctx.trace);
}

/** Tries, until it is accepted or not worth another try. */
async function attemptAll(
  kernel: Kernel,
  deed: Deed & { readonly ctx: Context; readonly effects: EffectRecord; isWanted(): boolean },
): Promise<AcceptedState> {
  const { call, kind, target, route, ctx, effects } = deed;
  const { ref, scope } = target;
  const { provider } = target.route;
  const { action, capability } = route;
  using _awake = kernel.awake.hold();
  /** What was read before is no longer so, whether or not the answer arrived. */
  const forget = () => {
    if (effects.effect !== "none") kernel.cache.invalidate({ scope: scope.key, ref, major: kind.major });
  };
  let state: AcceptedState;
  try {
    state = await callVendor(kernel, {
      call,
      ctx,
      provider,
      scope,
      operations: capability.operations,
      mayRepeat(error) {
        const effect = effects.failed(error);
        return deed.isWanted() && (effect === "none" || (effect === "unknown" && action.idempotent));
      },
      async run(providerCall) {
        effects.begin();
        const request = { ref, action: action.name, idempotencyKey: deed.idempotencyKey, dryRun: false };
        return acceptState(await route.act(providerCall, request), { provider, capability });
      },
    });
  } catch (thrown) {
    const error = withEffect(thrown, effects);
    forget();
    await deed.ended?.({ error });
    throw error;
  }
  effects.accepted();
  forget();
  await deed.ended?.({ state });
  return state;
}

function withEffect(error: unknown, effects: EffectRecord): CloudLinkError {
  const known = CloudLinkError.from(error, {
    reason: "ErrUnexpected",
    message: "The action failed in a way that no part of the kernel expected. The cause has the details.",
    origin: "kernel",
  });
  return known.with({ effect: effects.effect });
}
