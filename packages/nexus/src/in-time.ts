import { untilDone } from "@cloudlink/core";
import { readContext } from "./call-bounds.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";

/** Whether a port that may answer at once or later does so later: what is there costs no turn of the event loop. */
export function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof value === "object" && value !== null && "then" in value;
}

/** What a port promised, by the call's deadline. */
export async function waitedFor<Value>(
  kernel: Kernel,
  { call, promise }: { readonly call: KernelCall; readonly promise: Promise<Value> },
): Promise<Value> {
  using ctx = readContext(kernel, call);
  using _awake = kernel.awake.hold();
  return await untilDone(ctx, promise);
}
