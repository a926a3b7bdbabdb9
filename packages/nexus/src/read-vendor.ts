import type { CacheOutcome, Context } from "@cloudlink/core";
import { type Seen, seenAt } from "./answer.ts";
import type { Kernel } from "./kernel.ts";
import { type KeptRead, keptDespite, readingRequest } from "./look-up.ts";

/**
 * What the vendor says; or what is kept, where the vendor cannot say and the read takes that.
 *
 * @throws the vendor's error.
 */
export async function readVendor(kernel: Kernel, read: KeptRead & { readonly ctx: Context }): Promise<Seen> {
  const { call, ctx, plan } = read;
  let outcome: CacheOutcome = "miss";
  const cameBy = (how: CacheOutcome) => {
    outcome = how;
  };
  try {
    const observation = await kernel.readings.read({ call, ctx, cameBy }, readingRequest(read));
    return seenAt(ctx.clock, { observation, source: "live" });
  } catch (error) {
    const kept = await keptDespite(kernel, { ...read, error });
    if (kept === undefined) throw error;
    outcome = "stale";
    return kept;
  } finally {
    // When it is over, since it is one of them alone: what ran out of time is made once more, and may end with what is kept.
    kernel.notes.note(outcome, plan.subject);
  }
}
