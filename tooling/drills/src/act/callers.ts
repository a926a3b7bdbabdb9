import type { CancelableContext, CloudLinkError, Operation } from "@cloudlink/core";
import type { Calls } from "@cloudlink/core/calls";
import { REGION, type Subjects } from "@cloudlink/measure";
import type { Kernels } from "./kernels.ts";
import type { Caller, Wish } from "./wish.ts";
import type { ActionName } from "./world.ts";

/** How a call ended, as its caller saw it. */
export type Outcome =
  | { readonly end: "accepted"; readonly operation: Operation }
  | { readonly end: "failed"; readonly error: CloudLinkError }
  /** It says nothing of what was done. */
  | { readonly end: "mute"; readonly reason: unknown };

/** A call that was made. */
export interface CallMade {
  readonly action: ActionName;
  /** Requests of the action that it sent. */
  readonly sent: number;
  /** Whether one of them was on its way when the caller heard that it had failed. */
  readonly wasInTheAir: boolean;
  readonly outcome: Outcome;
}

/** Where calls are made. */
export interface CallScene {
  readonly subjects: Subjects;
  readonly kernels: Kernels;
  /** Those of the kernels, or what stands in their place. */
  readonly calls: readonly [Calls, Calls];
}

const patientCaller: Caller = { kernel: 0, patience: { kind: "patient" }, isMistaken: false };

/** What every wish's callers do, in their order. @returns a record of each call. */
export async function askFor(scene: CallScene, wish: Wish): Promise<readonly CallMade[]> {
  const made = await Promise.all(wish.together.map((caller) => ask(scene, { wish, caller })));
  for (const caller of wish.afterwards) made.push(await ask(scene, { wish, caller }));
  return made;
}

/** Asks once more with the same key, when all has come to rest: somebody who wants to know what became of it. */
export async function askAgain(scene: CallScene, wish: Wish): Promise<CallMade> {
  return await ask(scene, { wish, caller: patientCaller });
}

async function ask(
  { subjects, kernels, calls }: CallScene,
  { wish, caller }: { readonly wish: Wish; readonly caller: Caller },
): Promise<CallMade> {
  const { background, createSpanId, createTraceId, VirtualMachine: kind } = subjects.core;
  const { machine, key } = wish;
  const action = caller.isMistaken ? otherThan(wish.action) : wish.action;
  const traceId = createTraceId();
  using ctx = background()
    .withTenant(wish.tenant)
    .withTrace({ traceId, spanId: createSpanId(), sampled: false })
    .withCancel();
  leaveBy(caller, { ctx, kernels, traceId });
  const own = caller.patience.kind === "deadline" ? ctx.withTimeout(caller.patience.ms) : ctx;
  const ref = `arn:aws:ec2:${REGION}:${machine.account}:instance/${machine.id}`;
  const request = { kind, ref, action, ...(key !== undefined && { idempotencyKey: key }) };
  const outcome = await calls[caller.kernel].act(own, request).then(
    (operation): Outcome => ({ end: "accepted", operation }),
    (error: unknown): Outcome => failureOf(subjects, error),
  );
  return {
    action,
    outcome,
    wasInTheAir: kernels.isInTheAir(traceId),
    // When it is judged: a caller may leave while its request is about to go.
    get sent() {
      return kernels.sent(traceId);
    },
  };
}

function failureOf({ core }: Subjects, error: unknown): Outcome {
  if (core.CloudLinkError.isInstance(error) && error.effect !== undefined) return { end: "failed", error };
  return { end: "mute", reason: error };
}

function leaveBy(
  { patience }: Caller,
  on: { readonly ctx: CancelableContext; readonly kernels: Kernels; readonly traceId: string },
): void {
  const { ctx, kernels, traceId } = on;
  if (patience.kind === "never") ctx.cancel();
  if (patience.kind !== "sent") return;
  let left = patience.turns;
  const turn = () => {
    left -= 1;
    if (left < 0) ctx.cancel();
    else setImmediate(turn);
  };
  kernels.onceSent(traceId, turn);
}

function otherThan(action: ActionName): ActionName {
  return action === "stop" ? "reboot" : "stop";
}

/**
 * What somebody learns who looks after an accepted operation and has no time: in the other process by its token, or by what it was given. @returns what
 * is wrong with it.
 */
export async function followHastily(
  { subjects, calls }: CallScene,
  { wish, operation, timeoutMs }: { readonly wish: Wish; readonly operation: Operation; readonly timeoutMs: number },
): Promise<string | undefined> {
  const ctx = subjects.core.background().withTenant(wish.tenant).withTimeout(timeoutMs);
  const looks = [() => operation.refresh(ctx), () => calls[1].operation(ctx, { token: operation.token })];
  for (const look of looks) {
    try {
      await look();
    } catch (error) {
      if (subjects.core.CloudLinkError.isInstance(error) && error.effect === "done") continue;
      return `somebody who followed it for ${timeoutMs} ms was not told that it was done: ${String(error)}`;
    }
  }
  return undefined;
}
