import { createManualClock } from "@cloudlink/core/testing";
import { expect, it } from "vitest";
import { createOwedWrites } from "./owed-writes.ts";
import { redisSilent } from "./redis-failure.ts";

it("no more is owed than the latest thousand, one of a name, and nothing is tried before its time", async () => {
  const clock = createManualClock();
  const delivered: string[] = [];
  const calls = {
    run: <Reply>(_ctx: unknown, call: { send(isWanted: () => boolean): Promise<Reply> }) => call.send(() => true),
  };
  const owed = createOwedWrites({ calls, clock });
  const add = (name: string, text = name) => owed.add({ name, send: async () => delivered.push(text) });
  for (let index = 0; index < 1_002; index += 1) add(`write ${index}`);
  add("write 500", "a later one");
  expect(clock.pendingDelaysMs).toEqual([1_000]);
  clock.advance(999);
  expect(delivered).toEqual([]);
  clock.advance(1);
  await clock.whenPending(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(delivered).toHaveLength(1_000);
  expect([delivered[0], delivered.at(-1)]).toEqual(["write 2", "a later one"]);
  expect(delivered).not.toContain("write 500");
  expect(clock.pendingTimers).toBe(0);
});

it("where nothing is answered, one that is tried is enough", async () => {
  const clock = createManualClock();
  const tried: string[] = [];
  const owed = createOwedWrites({
    clock,
    calls: {
      run: async (_ctx, call) => {
        await call.send(() => true);
        throw redisSilent("It");
      },
    },
  });
  for (const name of ["first", "second"]) owed.add({ name, send: async () => tried.push(name) });
  clock.advance(1_000);
  await clock.whenPending(1);
  expect(tried).toEqual(["first"]);
});
