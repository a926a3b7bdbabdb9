import { type Context, untilDone } from "@cloudlink/core";

/** Waits so many milliseconds by the context's clock. @throws why the context is done, as soon as it is. */
export async function pause(ctx: Context, delayMs: number): Promise<void> {
  const elapsed = Promise.withResolvers<void>();
  const cancel = ctx.clock.schedule(() => elapsed.resolve(), { delayMs });
  try {
    await untilDone(ctx, elapsed.promise);
  } finally {
    cancel();
  }
}
