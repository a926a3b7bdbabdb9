import { background, CloudLinkError, type LimitGrant } from "@cloudlink/core";
import { createLimitStoreDouble, createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { limit, type Process, pass, processes, processOf, scope, settled, sum } from "../test/limit-processes.ts";

describe("without the store", () => {
  it.each(["fails", "hangs"] as const)("that %s, a process goes on with its part, and fails nothing", async (how) => {
    const { clock, all } = processes(4);
    for (const each of all) each.call();
    await pass(clock, 10);
    // By now each knows of the others.
    for (const each of all) each.call();
    await pass(clock, 10);
    for (const each of all) each.store = how;
    await pass(clock, 1_000);
    const before = sum(all);
    for (const each of all) each.call(400);
    await pass(clock, 50);
    // A quarter of the bucket each.
    expect(sum(all) - before).toBeGreaterThanOrEqual(96);
    expect(sum(all) - before).toBeLessThanOrEqual(104);
    await pass(clock, 10_000);
    expect(sum(all) - before).toBeLessThanOrEqual(100 + 202);
    expect(sum(all) - before).toBeGreaterThanOrEqual(290);
    expect(all.flatMap(({ refused }) => refused)).toEqual([]);
  });

  it("only the first to ask waits for it, and not for longer than 50 ms", async () => {
    const { clock, all } = processes(1);
    const [only] = all as [Process];
    only.store = "hangs";
    only.call();
    await pass(clock, 40);
    expect(only.left).toBe(0);
    await pass(clock, 10);
    expect(only.left).toBe(1);
    only.call();
    expect(only.left).toBe(2);
    await pass(clock, 5_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it("a store whose answer had come while the process itself stood still has answered", async () => {
    const { clock, all } = processes(1);
    const [only] = all as [Process];
    only.store = "unread";
    only.call();
    // All at once, as after a long collection of garbage: timers come first, and then what is in the sockets.
    clock.advance(80);
    await settled();
    expect(only.left).toBe(1);
    const asked = only.takes.length;
    only.call();
    await settled();
    // It is asked, in place of a part that is there without it.
    expect(only.takes.length).toBe(asked + 1);
    expect([only.left, clock.pendingTimers]).toEqual([2, 0]);
  });

  it("what fails after it was given up is not held against a store that is back", async () => {
    const { clock, all } = processes(1);
    const [only] = all as [Process];
    only.store = "hangs";
    only.call();
    await pass(clock, 60);
    only.store = "answers";
    await pass(clock, 1_000);
    only.call();
    await pass(clock, 10);
    only.drop();
    await pass(clock, 10);
    const asked = only.takes.length;
    await pass(clock, 300);
    only.call();
    await pass(clock, 10);
    expect(only.takes.length).toBe(asked + 1);
  });

  it("comes back to it when it answers, and owes what it spent meanwhile", async () => {
    const { clock, all } = processes(2);
    const [one, other] = all as [Process, Process];
    one.call();
    other.call();
    await pass(clock, 10);
    one.call();
    await pass(clock, 10);
    one.store = "fails";
    // Half of the bucket, and more that wait.
    one.call(60);
    await pass(clock, 60);
    expect(one.left).toBeGreaterThan(45);
    one.store = "answers";
    const asked = one.takes.length;
    await pass(clock, 1_500);
    one.call();
    await pass(clock, 100);
    expect(one.takes.length).toBeGreaterThan(asked);
    const owed = one.takes.reduce((total, each) => total + each.owed, 0);
    expect(owed).toBeGreaterThan(20);
    expect(owed).toBeLessThanOrEqual(50);
  });

  it.each([1, 4])(
    "for a moment, %i with an empty bucket owe what they spent, and go on at the limit's pace",
    async (count) => {
      const { clock, all } = processes(count);
      for (const each of all) each.call(1_000);
      await pass(clock, 5_000);
      for (const each of all) each.store = "fails";
      await pass(clock, 200);
      for (const each of all) each.store = "answers";
      // By then all have come back to it.
      await pass(clock, 1_500);
      const owed = all.flatMap(({ takes }) => takes).reduce((total, each) => total + each.owed, 0);
      // What comes back within 1.7 s, and a part of a token each.
      expect(owed).toBeGreaterThan(10);
      expect(owed).toBeLessThanOrEqual(34 + count);
      const before = sum(all);
      for (let second = 1; second <= 5; second += 1) {
        await pass(clock, 1_000);
        expect(sum(all) - before).toBeGreaterThanOrEqual(20 * second - 10);
        expect(sum(all) - before).toBeLessThanOrEqual(20 * second + 6);
      }
    },
  );

  it("that the vendor is refused without, the store learns of it when it is back", async () => {
    const { clock, all } = processes(1);
    const [only] = all as [Process];
    only.call();
    await pass(clock, 10);
    only.store = "fails";
    only.call();
    await pass(clock, 10);
    only.limits.throttled(clock, { limits: [limit], afterMs: undefined });
    only.store = "answers";
    await pass(clock, 1_000);
    only.call();
    await pass(clock, 100);
    // All but what has come back since, at half the pace.
    expect(only.takes.reduce((total, { owed }) => total + owed, 0)).toBeGreaterThan(80);
  });

  it("asks it whether it is back once a second, and by calls alone", async () => {
    const { clock, all } = processes(1);
    const [only] = all as [Process];
    only.store = "fails";
    only.call();
    await pass(clock, 10);
    const asked = only.takes.length;
    await pass(clock, 10_000);
    expect([only.takes.length, clock.pendingTimers]).toEqual([asked, 0]);
    for (let tenth = 0; tenth < 50; tenth += 1) {
      only.call();
      await pass(clock, 100);
    }
    expect(only.takes.length - asked).toBeGreaterThanOrEqual(4);
    expect(only.takes.length - asked).toBeLessThanOrEqual(6);
  });

  it("asks it again in time on a clock that is behind another", async () => {
    const clocks = [createManualClock({ monotonicMs: 10_000_000 }), createManualClock({ monotonicMs: 0 })] as const;
    const only = processOf(clocks[0], createLimitStoreDouble({ clock: clocks[0] }).store());
    only.store = "fails";
    const enter = async (clock: ManualClock) => {
      await only.limits.enter({ ctx: background({ clock }), scope, limits: [limit], patienceMs: 1_000 });
      only.limits.sent(clock, limit);
      await settled();
    };
    for (const clock of clocks) await enter(clock);
    const asked = only.takes.length;
    await pass(clocks[1], 1_000);
    await enter(clocks[1]);
    expect(only.takes.length).toBe(asked + 1);
  });

  it("takes an answer that makes no sense for what it is worth", async () => {
    const clock = createManualClock();
    const nonsense: LimitGrant = { granted: 0, afterMs: 0, remaining: 0, replicas: 0 };
    const only = processOf(clock, { take: async () => nonsense, throttled: async () => {}, lower: async () => {} });
    only.call(1, 100);
    await pass(clock, 200);
    // A store that gives nothing and names no time is asked again, and not without a pause.
    expect(only.takes.length).toBeGreaterThan(1);
    expect(only.takes.length).toBeLessThanOrEqual(101);
    expect(clock.pendingTimers).toBe(0);
    expect(CloudLinkError.isInstance(only.refused[0])).toBe(true);
  });
});
