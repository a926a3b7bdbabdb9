import { randomUUID } from "node:crypto";
import type { Context, Kind, Operation, Ref } from "@cloudlink/core";
import type { ActRequest } from "@cloudlink/core/calls";
import { actionOf, actionRoute } from "./action-route.ts";
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
  let accepted = false;
  try {
    ctx.throwIfDone();
    const action = actionOf(kind, request.action);
    checkKey(idempotencyKey);
    ref = kernel.refs.resolve(request.ref);
    if (kernel.providers.current(ref.provider) !== undefined) call.provider = ref.provider;
    const target = await callTarget(kernel, { call, kind, ref, action: action.name });
    const route = actionRoute(target.route, action);
    kernel.deeds.checkRoom();
    const deed: Deed = { call, kind, target, route, idempotencyKey: idempotencyKey ?? randomUUID() };
    const { state, replayed } =
      idempotencyKey === undefined
        ? { state: await carryOut(kernel, deed), replayed: false }
        : await carryOutOnce(kernel, deed);
    accepted = true;
    const operation = await createOperation(kernel, { call, ticket: ticketOf(deed), state, replayed });
    call.ended({ source: "live" });
    return operation;
  } catch (error) {
    const known = call.failure(error, ref === undefined ? {} : { ref: ref.key });
    // What failed before anything was sent had no effect, and what fails after it was accepted has had one.
    const failure = known.effect === undefined ? known.with({ effect: accepted ? "done" : "none" }) : known;
    call.ended({ error: failure });
    throw failure;
  }
}

function ticketOf({ kind, target, route, idempotencyKey }: Deed) {
  const { ref, scope } = target;
  return { ref: ref.key, major: kind.major, action: route.action.name, idempotencyKey, scope: scope.key };
}
