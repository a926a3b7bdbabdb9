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
import { readVendor } from "./read-vendor.ts";

/** See {@link Calls.get}. */
export function get<K extends Kind>(kernel: Kernel, ctx: Context, request: GetRequest<K>): Promise<Answer<ValueOf<K>>> {
  let answer: Answer<ValueOf<K>> | undefined;
  try {
    answer = getFromMemory(kernel, ctx, request);
  } catch {
    // A port threw. The whole way asks it again, and says so as it says everything else.
  }
  return answer === undefined ? getTheWholeWay(kernel, ctx, request) : Promise.resolve(answer);
}

const live: FreshnessWish = Object.freeze({ maxAgeMs: 0, revalidateMs: 0, errorMs: 0 });

async function getTheWholeWay<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: GetRequest<K>,
): Promise<Answer<ValueOf<K>>> {
  checkEntrance(kernel, { operation: "get", ctx, request });
  const { kind } = request;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "get", kind: kind.name });
  let ref: Ref | undefined;
  try {
    ctx.throwIfDone();
    const native = request.native === true;
    const asked = freshnessWish(request);
    ref = kernel.refs.resolve(request.ref);
    if (kernel.providers.current(ref.provider) !== undefined) call.provider = ref.provider;
    const target = await callTarget(kernel, { call, kind, ref, action: "get" });
    const wish = native ? live : asked;
    const plan = planRead(kernel, { kind, target, view: request.view, wish, from: ["get"] });
    if (isRef(request.ref)) kernel.plans.keep(request.ref, plan);
    const seen = native ? await readNative(kernel, { call, plan, ref }) : await read(kernel, { call, plan, ref, wish });
    const { traceId } = call;
    const answer = answerOf({ traceId, stats: Object.freeze(call.stats()) }, seen) as Answer<ValueOf<K>>;
    call.ended({ source: seen.source });
    return answer;
  } catch (error) {
    // A text that is no ref is not repeated: nobody knows what is in it, or how long it is.
    const failure = call.failure(error, ref === undefined ? {} : { ref: ref.key });
    call.ended({ error: failure });
    throw failure;
  }
}

async function read(kernel: Kernel, wanted: KeptRead): Promise<Seen> {
  const kept = await lookUp(kernel, wanted);
  if (kept !== undefined) {
    wanted.call.savedCalls += 1;
    return kept;
  }
  using ctx = readContext(kernel, wanted.call);
  using _awake = kernel.awake.hold();
  return await readVendor(kernel, { ...wanted, ctx });
}
