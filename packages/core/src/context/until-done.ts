import { type Context, errorOfAbort } from "./context.ts";

/**
 * What `promise` gives, or a rejection as soon as the context is done: a caller leaves by its own deadline even if
 * what it waits for never notices. Nothing stays attached to the context afterwards.
 */
export function untilDone<Result>(ctx: Context, promise: Promise<Result>): Promise<Result> {
  const { signal } = ctx;
  return new Promise<Result>((resolve, reject) => {
    const leave = () => reject(errorOfAbort(signal.reason));
    if (signal.aborted) {
      leave();
      // It may still fail, and nobody else is there to hear of it.
      promise.catch(() => {});
      return;
    }
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
