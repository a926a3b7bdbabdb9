import { randomFrom } from "@cloudlink/measure";
import { expect, test } from "vitest";
import { Fleet } from "./fleet.ts";
import { Tally } from "./tally.ts";
import { TtlReader } from "./ttl-reader.ts";
import { VirtualClock } from "./virtual-clock.ts";

function peer({ isShared }: { readonly isShared: boolean }) {
  const machines = 3;
  const fleet = new Fleet({ machines, durationMs: 60_000 }, randomFrom(1));
  const clock = new VirtualClock();
  const tally = new Tally(fleet);
  const reader = new TtlReader({ clock, fleet, tally, machines, isShared });
  return { clock, tally, reader };
}

test("reads of a replica that come while the vendor is asked wait for the one answer", () => {
  const { clock, tally, reader } = peer({ isShared: true });
  for (let read = 0; read < 5; read += 1) reader.read(1, 0);
  expect(tally).toMatchObject({ reads: 5, answers: 0 });
  clock.runNext();
  expect(clock.monotonicMs()).toBe(120);
  expect(tally).toMatchObject({ reads: 5, answers: 5 });
  expect(reader.vendorCalls()).toBe(1);
});

test("an answer is good for 30 s after it came, for every replica that shares it", () => {
  const { clock, tally, reader } = peer({ isShared: true });
  reader.read(1, 0);
  clock.runNext();
  clock.moveTo(120 + 29_999);
  reader.read(1, 3);
  expect(tally.answers).toBe(2);
  clock.moveTo(120 + 30_000);
  reader.read(1, 3);
  expect(tally.answers).toBe(2);
  expect(reader.vendorCalls()).toBe(2);
});

test("replicas that share nothing ask each for itself", () => {
  const { clock, reader } = peer({ isShared: false });
  for (const replica of [0, 1, 2, 3]) reader.read(1, replica);
  clock.runNext();
  for (const replica of [0, 1, 2, 3]) reader.read(1, replica);
  expect(reader.vendorCalls()).toBe(4);
});
