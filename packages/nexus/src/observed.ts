import type { CacheFill, Observation, Scope } from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";

/** A live observation: the cache keeps it, unless it was invalidated meanwhile, and whoever listens hears of it. */
export function observed(
  kernel: Kernel,
  seen: { readonly scope: Scope; readonly fill: CacheFill; readonly observation: Observation<unknown> },
): void {
  const { scope, fill, observation } = seen;
  const { ref } = observation;
  fill.store(observation);
  kernel.events.publish({ type: "observed", scope, kind: ref.kind, ref: ref.key, observation });
}
