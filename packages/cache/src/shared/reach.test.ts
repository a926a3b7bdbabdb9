import { createManualClock } from "@cloudlink/core/testing";
import { expect, it } from "vitest";
import { Reach } from "./reach.ts";

it("a store that never answers is asked once whether it is there, however long it takes; and again when that has failed", async () => {
  const clock = createManualClock();
  const pings: { resolve(): void; reject(error: Error): void }[] = [];
  let ups = 0;
  const reach = new Reach({
    clock,
    patienceMs: 40,
    ping() {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      pings.push({ resolve, reject });
      return promise;
    },
    up() {
      ups += 1;
    },
  });
  const settled = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  const pass = async (seconds: number) => {
    for (let step = 0; step < seconds * 100; step += 1) {
      clock.advance(10);
      await settled();
    }
  };

  const asked = reach.ask(() => new Promise<void>(() => {}));
  await pass(60);
  await asked;
  expect([reach.isUp, pings.length]).toEqual([false, 1]);

  // Its connection is closed.
  pings[0]?.reject(new Error("closed"));
  await pass(0.3);
  expect([reach.isUp, pings.length]).toEqual([false, 2]);
  pings[1]?.resolve();
  await pass(0.3);
  pings[2]?.resolve();
  await pass(0.3);
  expect([reach.isUp, ups]).toEqual([true, 1]);
});
