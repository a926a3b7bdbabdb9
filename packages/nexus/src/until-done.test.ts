import { getEventListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import { background } from "@cloudlink/core";
import { expect, it } from "vitest";
import { failureOf } from "../test/errors.ts";
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
  const waiting = failureOf(untilDone(ctx, late.promise));
  ctx.cancel();
  expect((await waiting).code).toBe("canceled");
  const later = Promise.withResolvers<never>();
  expect((await failureOf(untilDone(ctx, later.promise))).code).toBe("canceled");
  // An unhandled rejection of what nobody waits for any more would fail this run.
  late.reject(new TypeError("late"));
  later.reject(new TypeError("later"));
  await setImmediate();
});
