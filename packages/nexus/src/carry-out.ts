import { background, CloudLinkError, type Context, type Kind, untilDone } from "@cloudlink/core";
import type { ActionRoute } from "./action-route.ts";
import { type AcceptedState, acceptState } from "./action-state.ts";
import { readContext } from "./call-bounds.ts";
import type { CallTarget } from "./call-target.ts";
import { EffectRecord } from "./effect.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { acted } from "./observation.ts";
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
 * How long, in milliseconds, a provider has to say what came of an action whose deadline has come: it knows whether the request had left,
 * and whether the answer had begun. By so much such an error may be late.
 */
const LAST_WORD_MS = 100;

/**
 * Carries an action out, and says on every error what came of it.
 *
 * Once it was sent it runs to its end or to the deadline, whether or not the caller waits: a request that is broken off is not undone, one
 * only never hears what it did.
 */
export async function carryOut(kernel: Kernel, deed: Deed): Promise<AcceptedState> {
  const { call, route } = deed;
  using ctx = readContext(kernel, call);
  const breaking = new AbortController();
  const own = detached(ctx, kernel).withSignal(breaking.signal).withCancel();
  const effects = new EffectRecord(route.capability.operations);
  const judged = Promise.withResolvers<void>();
  const work = attemptAll(kernel, {
    ...deed,
    ctx: own,
    effects,
    isWanted: () => ctx.error() === undefined,
    judged: judged.resolve,
  });
  kernel.deeds.add(work);
  const release = () => own.cancel();
  work.then(release, release);
  try {
    return await untilDone(ctx, work);
  } catch (error) {
    const left = ctx.error();
    if (left === undefined) throw withEffect(error, effects);
    kernel.deeds.leave(work);
    // Nothing was sent that could not be called back, or the time is up: the provider ends, and says what it knows.
    if (!effects.inTheAir || left.code === "deadline_exceeded") {
      breaking.abort(left);
      await judged.promise;
    }
    // Who is told that it may have been done reads nothing from before, though the vendor has not answered yet.
    if (effects.effect !== "none") void acted(kernel, { kind: deed.kind, target: deed.target, clock: own.clock });
    throw withEffect(error, effects);
  }
}

/** Of its own: the caller's deadline, tenant and trace, and not the caller's cancelation. */
function detached(ctx: Context, kernel: Kernel): Context {
  const left = ctx.deadlineAt === Number.POSITIVE_INFINITY ? ctx.deadlineAt : ctx.remainingMs();
  const fresh = background({ clock: ctx.clock })
    .withTenant(ctx.tenant)
    .withTimeout(left)
    .withSignal(kernel.deeds.signal);
  return ctx.trace === undefined ? fresh : fresh.withTrace(ctx.trace);
}

/** What {@link attemptAll} takes beside the deed. */
interface Attempts {
  readonly ctx: Context;
  readonly effects: EffectRecord;
  /** Whether the caller still waits. */
  isWanted(): boolean;
  /** Told when it is known what came of it, which is before it is written down. */
  judged(): void;
}

/** Tries, until it is accepted or not worth another try, and writes down how it ended. */
async function attemptAll(kernel: Kernel, deed: Deed & Attempts): Promise<AcceptedState> {
  using _awake = kernel.awake.hold();
  const outcome = await attempt(kernel, deed);
  try {
    // What was read before is no longer so, whether or not the answer arrived.
    if (deed.effects.effect !== "none") {
      await acted(kernel, { kind: deed.kind, target: deed.target, clock: deed.ctx.clock });
    }
  } finally {
    await deed.ended?.(outcome);
  }
  if ("error" in outcome) throw outcome.error;
  return outcome.state;
}

async function attempt(
  kernel: Kernel,
  deed: Deed & Attempts,
): Promise<{ readonly state: AcceptedState } | { readonly error: CloudLinkError }> {
  const { call, target, route, ctx, effects } = deed;
  const { provider } = target.route;
  const { action, capability } = route;
  try {
    const state = await callVendor(kernel, {
      call,
      ctx,
      provider,
      scope: target.scope,
      operations: capability.operations,
      resource: target.ref.key,
      lastWordMs: LAST_WORD_MS,
      sent: (operation) => effects.sent(operation),
      mayRepeat(error) {
        const effect = effects.failed(error);
        return deed.isWanted() && (effect === "none" || (effect === "unknown" && action.idempotent));
      },
      async run(providerCall) {
        const request = {
          ref: target.ref,
          action: action.name,
          idempotencyKey: deed.idempotencyKey,
          dryRun: false,
        };
        return acceptState(await route.act(providerCall, request), { provider, capability });
      },
    });
    effects.accepted();
    return { state };
  } catch (error) {
    return { error: withEffect(error, effects) };
  } finally {
    deed.judged();
  }
}

function withEffect(error: unknown, effects: EffectRecord): CloudLinkError {
  const known = CloudLinkError.from(error, {
    reason: "ErrUnexpected",
    message: "The action failed in a way that no part of the kernel expected. The cause has the details.",
    origin: "kernel",
  });
  return known.with({ effect: effects.effect });
}
