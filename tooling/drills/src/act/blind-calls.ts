import type { ActionEffect, Context, Kind } from "@cloudlink/core";
import type { ActRequest, Calls } from "@cloudlink/core/calls";
import type { Subjects } from "@cloudlink/measure";

const TRIES = 3;

const wrongWayRound: Readonly<Record<ActionEffect, ActionEffect>> = { none: "unknown", unknown: "none", done: "none" };

/**
 * The control: a wrapper that repeats whatever fails, knows no keys, takes a lost answer for nothing done and a refusal for a riddle, and has
 * an error of its own for a deadline.
 */
export function blindCalls({ core }: Subjects, calls: Calls): Calls {
  const { isInstance } = core.CloudLinkError;
  return {
    ...calls,
    async act<K extends Kind>(ctx: Context, { idempotencyKey: _, ...request }: ActRequest<K>) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await calls.act(ctx, request);
        } catch (error) {
          if (isInstance(error) && error.code === "deadline_exceeded") throw new Error("timeout");
          if (tries < TRIES && ctx.error() === undefined) continue;
          throw isInstance(error) ? error.with({ effect: wrongWayRound[error.effect ?? "none"] }) : error;
        }
      }
    },
  };
}
