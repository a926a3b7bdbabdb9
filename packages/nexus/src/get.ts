import { type Answer, type Context, isRef, type Kind, type Ref, type ValueOf } from "@cloudlink/core";
import type { GetRequest } from "@cloudlink/core/calls";
import { answerOf, type Seen } from "./answer.ts";
import { readContext } from "./call-bounds.ts";
import { callTarget } from "./call-target.ts";
import { checkEntrance } from "./entrance.ts";
import { type FreshnessWish, freshnessWish } from "./freshness-wish.ts";
import { getFromMemory } from "./get-from-memory.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { type KeptRead, lookUp } from "./look-up.ts";
import { planRead } from "./plan-read.ts";
import { readNative } from "./read-native.ts";
import type { ReadPlan } from "./read-plan.ts";
import { PlannedRead } from "./read-plans.ts";
import { readVendor } from "./read-vendor.ts";

/** See {@link Calls.get}. */
export function get<K extends Kind>(kernel: Kernel, ctx: Context, request: GetRequest<K>): Promise<Answer<ValueOf<K>>> {
  let found: Answer<ValueOf<K>> | PlannedRead | undefined;
  try {
    found = getFromMemory(kernel, ctx, request);
  } catch {
    // A port threw. The whole way asks it again, and says so as it says everything else.
  }
  if (found === undefined) return getTheWholeWay(kernel, ctx, { request, known: undefined });
  return found instanceof PlannedRead
    ? getTheWholeWay(kernel, ctx, { request, known: found.plan })
    : Promise.resolve(found);
}

const live: FreshnessWish = Object.freeze({ maxAgeMs: 0, revalidateMs: 0, errorMs: 0 });

/** @param asked - `known`: the plan that was made for this request before, and holds. What is kept further away is found by it. */
async function getTheWholeWay<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  asked: { readonly request: GetRequest<K>; readonly known: ReadPlan | undefined },
): Promise<Answer<ValueOf<K>>> {
  const { request, known } = asked;
  checkEntrance(kernel, { operation: "get", ctx, request });
  const { kind } = request;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "get", kind: kind.name });
  let ref: Ref | undefined;
  try {
    ctx.throwIfDone();
    const native = request.native === true;
    const wished = freshnessWish(request);
    ref = kernel.refs.resolve(request.ref);
    if (kernel.providers.current(ref.provider) !== undefined) call.provider = ref.provider;
    if (known !== undefined) {
      const kept = await lookUp(kernel, { call, plan: known, ref, wish: wished });
      if (kept !== undefined) return answered(call, saved(call, kept));
    }
    const target = await callTarget(kernel, { call, kind, ref, action: "get" });
    const wish = native ? live : wished;
    const plan = planRead(kernel, { kind, target, view: request.view, wish, from: ["get"] });
    if (isRef(request.ref)) kernel.plans.keep(request.ref, plan);
    const seen = native
      ? await readNative(kernel, { call, plan, ref })
      : await read(kernel, { call, plan, ref, wish, hasLooked: known !== undefined });
    return answered(call, seen);
  } catch (error) {
    // A text that is no ref is not repeated: nobody knows what is in it, or how long it is.
    const failure = call.failure(error, ref === undefined ? {} : { ref: ref.key });
    call.ended({ error: failure });
    throw failure;
  }
}

function answered<Value>(call: KernelCall, seen: Seen): Answer<Value> {
  const { traceId } = call;
  const answer = answerOf({ traceId, stats: Object.freeze(call.stats()) }, seen) as Answer<Value>;
  call.ended({ source: seen.source });
  return answer;
}

function saved(call: KernelCall, kept: Seen): Seen {
  call.savedCalls += 1;
  return kept;
}

async function read(kernel: Kernel, wanted: KeptRead & { readonly hasLooked: boolean }): Promise<Seen> {
  const kept = wanted.hasLooked ? undefined : await lookUp(kernel, wanted);
  if (kept !== undefined) return saved(wanted.call, kept);
  using ctx = readContext(kernel, wanted.call);
  using _awake = kernel.awake.hold();
  return await readVendor(kernel, { ...wanted, ctx });
}
