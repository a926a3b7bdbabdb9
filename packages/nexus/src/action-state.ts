import type { ActionCapability, ActionState, CloudLinkError, OperationStatus, Provider } from "@cloudlink/core";
import { providerFault } from "./provider-fault.ts";

/** How an action that was accepted stands, as a provider says. */
export type AcceptedState = Exclude<ActionState, { readonly state: "allowed" }>;

/** In bytes. A token of a provider's travels in a URL, inside of ours: Azure's URLs may be 4 KB long (wire facts of Azure Resource Manager). */
const LONGEST_PROVIDER_TOKEN = 8 * 1024;

/** A provider that says less would have the kernel ask in a tight loop. */
const SHORTEST_POLL_MS = 100;

/** The state of an action that was sent, checked. @throws `internal` (`ErrProviderFault`), with the effect `done`. */
export function acceptState(
  state: ActionState,
  from: { readonly provider: Provider; readonly capability: ActionCapability },
): AcceptedState {
  const { provider, capability } = from;
  const fault = (what: string): CloudLinkError => providerFault(provider, what).with({ effect: "done" });
  if (state?.state === "done") return { state: "done" };
  if (state?.state !== "running") throw fault("it carried an action out and does not say how that stands");
  if (capability.follow === undefined)
    throw fault("it declares that the action does not go on after the answer, and says that it does");
  const { token, pollAfterMs, progress } = state;
  if (typeof token !== "string" || token === "" || Buffer.byteLength(token) > LONGEST_PROVIDER_TOKEN) {
    throw fault(`the token of an action is a text of 1 to ${LONGEST_PROVIDER_TOKEN} bytes, and it gave another`);
  }
  if (typeof pollAfterMs !== "number" || !(pollAfterMs >= 0 && pollAfterMs < Number.POSITIVE_INFINITY)) {
    throw fault("pollAfterMs is a number of milliseconds, 0 or more, and it gave another");
  }
  if (progress !== undefined && !(typeof progress === "number" && progress >= 0 && progress <= 1)) {
    throw fault("progress is a number from 0 to 1, and it gave another");
  }
  return {
    state: "running",
    token,
    pollAfterMs: Math.max(SHORTEST_POLL_MS, pollAfterMs),
    ...(progress !== undefined && { progress }),
  };
}

/** What a caller sees of it. */
export function statusOf(state: AcceptedState): OperationStatus {
  if (state.state === "done") return Object.freeze({ state: "done" });
  const { pollAfterMs, progress } = state;
  return Object.freeze({ state: "running", pollAfterMs, ...(progress !== undefined && { progress }) });
}
