import { randomUUID } from "node:crypto";
import type { CloudLinkError, Context, Kind, Operation, Ref } from "@cloudlink/core";
import type { ActRequest } from "@cloudlink/core/calls";
import { actionOf, actionRoute } from "./action-route.ts";
import type { AcceptedState } from "./action-state.ts";
import { callTarget } from "./call-target.ts";
import { carryOut, type Deed } from "./carry-out.ts";
import { checkEntrance } from "./entrance.ts";
import { carryOutOnce, checkKey } from "./idempotent.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { createOperation } from "./operation.ts";

/** See {@link Calls.act}. */
export async function act<K extends Kind>(kernel: Kernel, ctx: Context, request: ActRequest<K>): Promise<Operation> {
  checkEntrance(kernel, { operation: "act", ctx, request });
  const { kind, idempotencyKey } = request;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "act", kind: kind.name });
  let ref: Ref | undefined;
  try {
    ctx.throwIfDone();
    const action = actionOf(kind, request.action);
    checkKey(idempotencyKey);
    ref = kernel.refs.resolve(request.ref);
    if (kernel.providers.current(ref.provider) !== undefined) call.provider = ref.provider;
    const target = await callTarget(kernel, { call, kind, ref, action: action.name });
    const route = actionRoute(target.route, action);
    const deed: Deed = { call, kind, target, route, idempotencyKey: idempotencyKey ?? randomUUID() };
    const { state, replayed } =
      idempotencyKey === undefined
        ? { state: await carryOut(kernel, deed), replayed: false }
        : await carryOutOnce(kernel, deed);
    const operation = createOperation(kernel, { call, ticket: ticketOf(deed, state), ref, state, replayed });
    call.ended({ source: "live" });
    return operation;
  } catch (error) {
    const failure = withoutEffect(call.failure(error, ref === undefined ? {} : { ref: ref.key }));
    call.ended({ error: failure });
    throw failure;
  }
}

function ticketOf({ kind, target, route, idempotencyKey }: Deed, state: AcceptedState) {
  return {
    ref: target.ref.key,
    major: kind.major,
    action: route.action.name,
    idempotencyKey,
    scope: target.scope.key,
    ...(state.state === "running" && { running: state.token }),
  };
}

/** What failed before anything was sent had no effect. */
function withoutEffect(error: CloudLinkError): CloudLinkError {
  return error.effect === undefined ? error.with({ effect: "none" }) : error;
}
