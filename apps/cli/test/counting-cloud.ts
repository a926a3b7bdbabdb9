import { type ActionRequest, type ActionState, CloudLinkError } from "@cloudlink/core";
import { machine } from "./fake-provider.ts";

/** What the clouds of the tests of actions hold. */
export const machines = [machine("i-1"), machine("i-2"), machine("i-3")];

/** An action that goes on. */
export const running = (
  pollAfterMs = 2_000,
  { progress, token = "vendor-token" }: { readonly progress?: number; readonly token?: string } = {},
): ActionState => ({ state: "running", token, pollAfterMs, ...(progress !== undefined && { progress }) });

/** What an action fails with, and what came of it. */
export const failure = (effect: "none" | "unknown" | "done", id = "") =>
  new CloudLinkError({ reason: "ErrInvalidState", message: `Not now ${id}.`, origin: "vendor", effect });

/** A cloud that writes down what it is asked to do. */
export function counting(onAct?: (request: ActionRequest) => ActionState | Promise<ActionState>) {
  const asked: string[] = [];
  const cloud = {
    machines,
    async onAct(request: ActionRequest): Promise<ActionState> {
      asked.push(`${request.dryRun ? "try " : ""}${request.action} ${request.ref.id}`);
      return (await onAct?.(request)) ?? { state: request.dryRun ? "allowed" : "done" };
    },
  };
  return { asked, cloud };
}
