import { getEventListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { background } from "./context.ts";
import { untilDone } from "./until-done.ts";

it("gives what the promise gives, and leaves nothing attached to the context", async () => {
  const ctx = background().withCancel();
  expect(await untilDone(ctx, Promise.resolve(7))).toBe(7);
  await expect(untilDone(ctx, Promise.reject(new TypeError("broken")))).rejects.toThrow("broken");
  expect(getEventListeners(ctx.signal, "abort")).toHaveLength(0);
});

it("rejects as soon as the context is done, whatever becomes of the promise", async () => {
  const ctx = background().withCancel();
  const late = Promise.withResolvers<never>();
  const waiting = expect(untilDone(ctx, late.promise)).rejects.toMatchObject({ code: "canceled" });
  ctx.cancel();
  await waiting;
  const later = Promise.withResolvers<never>();
  await expect(untilDone(ctx, later.promise)).rejects.toMatchObject({ code: "canceled" });
  // An unhandled rejection of what nobody waits for any more would fail this run.
  late.reject(new TypeError("late"));
  later.reject(new TypeError("later"));
  await setImmediate();
});
