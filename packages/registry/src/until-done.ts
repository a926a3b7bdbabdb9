import { type Context, errorOfAbort } from "@cloudlink/core";

/**
 * What `work` gives, or the context's error as soon as the context is done. Work that cannot be stopped, such as the import of a
 * module, then goes on by itself and nobody hears of it.
 */
export async function untilDone<Result>(ctx: Context, work: () => Promise<Result>): Promise<Result> {
  ctx.throwIfDone();
  const { signal } = ctx;
  const { promise: done, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(errorOfAbort(signal.reason));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(), done]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
