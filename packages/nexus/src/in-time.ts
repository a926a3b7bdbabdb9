import { untilDone } from "@cloudlink/core";
import { readContext } from "./call-bounds.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";

/** Whether a port that may answer at once or later does so later: what is there costs no turn of the event loop. */
export function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof value === "object" && value !== null && "then" in value;
}

/** What a port promised, by the call's deadline, or a few milliseconds later; see `BriefWaits`. */
export function waitedFor<Value>(
  kernel: Kernel,
  { call, promise }: { readonly call: KernelCall; readonly promise: Promise<Value> },
): Promise<Value> {
  return briefly(kernel, { promise, bound: () => boundWait(kernel, { call, promise }) });
}

/**
 * The same, but with half of what is left of the call's time at the most, and nothing after that: what a call does without has to leave it time to do
 * so.
 */
export function waitedHalfFor<Value>(
  kernel: Kernel,
  { call, promise }: { readonly call: KernelCall; readonly promise: Promise<Value> },
): Promise<Value | undefined> {
  return briefly<Value | undefined>(kernel, { promise, bound: () => boundHalfWait(kernel, { call, promise }) });
}

function briefly<Value>(
  kernel: Kernel,
  { promise, bound }: { readonly promise: Promise<Value>; bound(): Promise<Value> },
): Promise<Value> {
  const awake = kernel.awake.hold();
  return new Promise((resolve, reject) => {
    const wait = {
      isOver: false,
      bind: () => void bound().then(resolve, reject).finally(over),
    };
    const over = () => {
      if (wait.isOver) return;
      wait.isOver = true;
      awake[Symbol.dispose]();
    };
    promise.then(
      (value) => {
        over();
        resolve(value);
      },
      (error: unknown) => {
        over();
        reject(error);
      },
    );
    kernel.briefWaits.add(wait);
  });
}

async function boundWait<Value>(
  kernel: Kernel,
  { call, promise }: { readonly call: KernelCall; readonly promise: Promise<Value> },
): Promise<Value> {
  using ctx = readContext(kernel, call);
  return await untilDone(ctx, promise);
}

async function boundHalfWait<Value>(
  kernel: Kernel,
  { call, promise }: { readonly call: KernelCall; readonly promise: Promise<Value> },
): Promise<Value | undefined> {
  using ctx = readContext(kernel, call);
  using half = ctx.withTimeout(ctx.remainingMs() / 2).withCancel();
  try {
    return await untilDone(half, promise);
  } catch (error) {
    if (ctx.error() !== undefined) throw error;
    return undefined;
  }
}
