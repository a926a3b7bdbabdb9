import {
  CloudLinkError,
  type Context,
  type Kind,
  NONE,
  type Operation,
  type OperationStatus,
  parseRef,
  type Ref,
} from "@cloudlink/core";
import type { OperationRequest } from "@cloudlink/core/calls";
import { actionOf, actionRoute } from "./action-route.ts";
import { type AcceptedState, acceptState, statusOf } from "./action-state.ts";
import { readContext } from "./call-bounds.ts";
import { callTarget } from "./call-target.ts";
import { checkEntrance } from "./entrance.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { acted } from "./observation.ts";
import {
  type FollowedToken,
  invalidOperationToken,
  OPERATION_TTL_MS,
  type OperationTicket,
} from "./operation-token.ts";
import { providerFault } from "./provider-fault.ts";
import { pause } from "./retry.ts";
import { callVendor } from "./vendor-call.ts";

/** See {@link Calls.operation}. */
export async function operation(kernel: Kernel, ctx: Context, request: OperationRequest): Promise<Operation> {
  checkEntrance(kernel, { operation: "operation", ctx, request });
  const { token } = request;
  const { call, ticket, state } = await followed(kernel, ctx, () => kernel.operationTokens.read(ctx, token));
  const read = { token, ticket };
  return await handle(kernel, { call, ticket: advanced(ticket, state), followed: read, state, replayed: false });
}

/** The operation of an action that was accepted just now, or before under the same key. */
export async function createOperation(
  kernel: Kernel,
  accepted: {
    readonly call: KernelCall;
    readonly ticket: Omit<OperationTicket, "expiresAt" | "running">;
    readonly state: AcceptedState;
    readonly replayed: boolean;
  },
): Promise<Operation> {
  const { call, state, replayed } = accepted;
  const ticket = { ...accepted.ticket, expiresAt: call.ctx.clock.nowMs() + OPERATION_TTL_MS };
  return await handle(kernel, { call, ticket: advanced(ticket, state), followed: undefined, state, replayed });
}

/** The ticket of an operation that has come as far as `state`. */
function advanced({ running: _, ...ticket }: OperationTicket, state: AcceptedState): OperationTicket {
  return state.state === "running" ? { ...ticket, running: state.token } : ticket;
}

async function handle(
  kernel: Kernel,
  of: {
    readonly call: KernelCall;
    readonly ticket: OperationTicket;
    readonly followed: FollowedToken | undefined;
    readonly state: AcceptedState;
    readonly replayed: boolean;
  },
): Promise<Operation> {
  const { call, ticket, state, replayed } = of;
  const ref = parseRef(ticket.ref);
  const token = await issued(kernel, of);
  /** As far as this handle knows: a provider is asked by the token that it gave last. */
  let latest = { ticket, state };
  const ask = async (ctx: Context): Promise<OperationStatus> => {
    const { state } = await followed(kernel, ctx, () => latest.ticket);
    // What is done stays done, though an answer that was under way meanwhile says that it runs.
    if (latest.state.state !== "done") latest = { ticket: advanced(latest.ticket, state), state };
    return statusOf(state);
  };
  async function* progress(ctx: Context): AsyncGenerator<OperationStatus, void, undefined> {
    yield statusOf(latest.state);
    for (let { state } = latest; state.state !== "done"; { state } = latest) {
      await pauseBetweenAsks(kernel, ctx, { ref, delayMs: state.pollAfterMs });
      yield await ask(ctx);
    }
  }
  return Object.freeze({
    ref,
    action: ticket.action,
    idempotencyKey: ticket.idempotencyKey,
    token,
    status: statusOf(state),
    replayed,
    traceId: call.traceId,
    stats: Object.freeze(call.stats()),
    refresh: ask,
    progress,
    async done(ctx: Context) {
      let last = statusOf(latest.state);
      for await (const status of progress(ctx)) last = status;
      return last;
    },
  });
}

async function issued(
  kernel: Kernel,
  of: {
    readonly call: KernelCall;
    readonly ticket: OperationTicket;
    readonly followed: FollowedToken | undefined;
  },
): Promise<string> {
  using _awake = kernel.awake.hold();
  return await kernel.operationTokens.issue(of.call.ctx, of);
}

/** Asks how an operation stands. @throws with the effect `done` unless the provider knows better: the vendor had accepted it. */
async function followed(
  kernel: Kernel,
  ctx: Context,
  read: () => OperationTicket | Promise<OperationTicket>,
): Promise<{ readonly call: KernelCall; readonly ticket: OperationTicket; readonly state: AcceptedState }> {
  const given = await attempt(kernel, read);
  const kindName = "ticket" in given ? parseRef(given.ticket.ref).kind : NONE;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "operation", kind: kindName });
  let ref: Ref | undefined;
  try {
    if ("error" in given) throw given.error;
    const { ticket } = given;
    ref = parseRef(ticket.ref);
    ctx.throwIfDone();
    const state = await follow(kernel, { call, ticket, ref });
    call.ended({ source: "live" });
    return { call, ticket, state };
  } catch (error) {
    const failure = call.failure(error, ref === undefined ? {} : { ref: ref.key });
    const known = ref === undefined || failure.effect !== undefined ? failure : failure.with({ effect: "done" });
    call.ended({ error: known });
    throw known;
  }
}

/** @throws why the wait is over, as an error of the operation's: what was accepted goes on without whoever waits for it. */
async function pauseBetweenAsks(
  kernel: Kernel,
  ctx: Context,
  { ref, delayMs }: { readonly ref: Ref; readonly delayMs: number },
): Promise<void> {
  try {
    await pause(ctx, delayMs);
  } catch (error) {
    const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "operation", kind: ref.kind });
    throw call.failure(error, { ref: ref.key }).with({ effect: "done" });
  }
}

async function attempt<Value>(
  kernel: Kernel,
  read: () => Value | Promise<Value>,
): Promise<{ readonly ticket: Value } | { readonly error: unknown }> {
  using _awake = kernel.awake.hold();
  try {
    return { ticket: await read() };
  } catch (error) {
    return { error };
  }
}

async function follow(
  kernel: Kernel,
  request: { readonly call: KernelCall; readonly ticket: OperationTicket; readonly ref: Ref },
): Promise<AcceptedState> {
  const { call, ticket, ref } = request;
  if (kernel.providers.current(ref.provider) !== undefined) call.provider = ref.provider;
  const kind = kindOf(kernel, { ref, major: ticket.major });
  const action = actionOf(kind, ticket.action);
  const target = await callTarget(kernel, { call, kind, ref, action: action.name });
  const { scope } = target;
  if (scope.key !== ticket.scope) throw invalidOperationToken();
  const { running } = ticket;
  if (running === undefined) return { state: "done" };
  const { provider, handler } = target.route;
  const { capability } = actionRoute(target.route, action);
  const ask = handler.follow?.bind(handler);
  if (capability.follow === undefined || ask === undefined)
    throw providerFault(provider, `it gave a token of an action of ${kind.name}, and cannot follow it`);
  using own = readContext(kernel, call);
  using _awake = kernel.awake.hold();
  const state = await callVendor(kernel, {
    call,
    ctx: own,
    provider,
    scope,
    operations: capability.follow.operations,
    resource: ref.key,
    async run(providerCall) {
      const given = await ask(providerCall, { ref, action: action.name, token: running });
      return acceptState(given, { provider, capability });
    },
  });
  if (state.state === "done") await acted(kernel, { kind, target, clock: own.clock });
  return state;
}

/** The kind that the ref names. @throws `invalid_argument` (`ErrUnknownKind`) where no provider serves it any more. */
function kindOf(kernel: Kernel, { ref, major }: { readonly ref: Ref; readonly major: number }): Kind {
  for (const provider of kernel.providers.list()) {
    for (const { kind } of provider.kinds) if (kind.name === ref.kind && kind.major === major) return kind;
  }
  throw new CloudLinkError({
    reason: "ErrUnknownKind",
    message: `No provider serves ${ref.kind} v${major} any more.`,
    origin: "caller",
    ref: ref.key,
  });
}
