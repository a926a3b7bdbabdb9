import { setImmediate } from "node:timers/promises";
import { createManualClock } from "@cloudlink/core/testing";
import { expect, it } from "vitest";
import { Reach } from "./reach.ts";

it("a store that does not answer is asked every five seconds whether it is there, and at once when that has failed", async () => {
  const clock = createManualClock();
  const pings: { reject(error: Error): void }[] = [];
  let ups = 0;
  let isBack = false;
  const reach = new Reach({
    clock,
    patienceMs: 40,
    ping() {
      if (isBack) return Promise.resolve();
      const { promise, reject } = Promise.withResolvers<void>();
      pings.push({ reject });
      return promise;
    },
    up() {
      ups += 1;
    },
    down() {},
  });
  // What is overdue has two turns of the event loop more.
  const settled = async () => {
    for (let turn = 0; turn < 3; turn += 1) await setImmediate();
  };
  const pass = async (seconds: number) => {
    for (let step = 0; step < seconds * 20; step += 1) {
      clock.advance(50);
      await settled();
    }
  };

  const asked = reach.ask(() => new Promise<void>(() => {}));
  await pass(4);
  await asked;
  expect([reach.isUp, pings.length]).toEqual([false, 1]);
  await pass(26);
  expect([reach.isUp, pings.length]).toEqual([false, 6]);

  // Its connection is closed.
  for (const ping of pings) ping.reject(new Error("closed"));
  await pass(0.4);
  expect([reach.isUp, pings.length]).toEqual([false, 7]);
  isBack = true;
  pings[6]?.reject(new Error("closed"));
  await pass(0.4);
  expect([reach.isUp, ups]).toEqual([true, 1]);
});
