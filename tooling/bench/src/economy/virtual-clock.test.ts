import { randomFrom } from "@cloudlink/measure";
import { expect, test } from "vitest";
import { VirtualClock } from "./virtual-clock.ts";

test("tasks run at their instants, and in the order they were scheduled within one", () => {
  const clock = new VirtualClock();
  const random = randomFrom(1);
  const due: { at: number; order: number }[] = [];
  const ran: { at: number; order: number }[] = [];
  for (let order = 0; order < 1_000; order += 1) {
    const at = random.below(100);
    due.push({ at, order });
    clock.schedule(() => ran.push({ at: clock.monotonicMs(), order }), { delayMs: at });
  }
  while (clock.nextAt !== Number.POSITIVE_INFINITY) clock.runNext();
  expect(ran).toEqual(due.sort((left, right) => left.at - right.at || left.order - right.order));
});

test("what was canceled does not run, and nobody waits for it", () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  clock.schedule(() => ran.push("canceled"), { delayMs: 1 })();
  clock.schedule(() => ran.push("kept"), { delayMs: 2 });
  expect(clock.nextAt).toBe(2);
  clock.runNext();
  expect(ran).toEqual(["kept"]);
});

test("what a task schedules for the same instant runs in it", () => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  clock.schedule(() => clock.schedule(() => ran.push(clock.nowMs()), { delayMs: 0 }), { delayMs: 5 });
  clock.runNext();
  expect(ran).toEqual([5]);
});

test("time does not pass over what is due, and never goes back", () => {
  const clock = new VirtualClock();
  clock.schedule(() => {}, { delayMs: 10 });
  clock.moveTo(10);
  expect(() => clock.moveTo(11)).toThrow(RangeError);
  expect(() => clock.moveTo(9)).toThrow(RangeError);
});
