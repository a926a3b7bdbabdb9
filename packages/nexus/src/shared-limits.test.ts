import { background } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { limit, type Process, pass, processes, scope, sum } from "../test/limit-processes.ts";

describe("a limit that processes share", () => {
  it("lets through in all what the vendor does, and each its part", async () => {
    const { clock, all } = processes(4);
    for (const each of all) each.call(200);
    await pass(clock, 0);
    await pass(clock, 100);
    expect(sum(all)).toBeGreaterThanOrEqual(100);
    await pass(clock, 9_900);
    expect(sum(all)).toBeLessThanOrEqual(300);
    expect(sum(all)).toBeGreaterThanOrEqual(290);
    for (const { left } of all) expect(left).toBeGreaterThan(10);
  });

  it("is parted among all without the store, though of another limit a process was told last that it is alone", async () => {
    const { clock, all } = processes(2);
    const [one] = all as [Process, Process];
    for (let round = 0; round < 2; round += 1) {
      for (const each of all) {
        each.call();
        await pass(clock, 10);
      }
    }
    const another = { ...limit, key: "fake/reads/2" };
    await one.limits.enter({ ctx: background({ clock }), scope, limits: [another], patienceMs: 1_000 });
    one.limits.sent(clock, another);
    await pass(clock, 300);
    for (const each of all) each.store = "fails";
    for (const each of all) each.call(200);
    await pass(clock, 2_000);
    // Half the bucket, and half of what comes back in 2.3 s.
    for (const { left } of all) expect(left).toBeLessThanOrEqual(2 + 50 + 23);
  });

  it("is parted among those who share it and no others: whole where a process has it to itself, though others share another", async () => {
    const { clock, all } = processes(4);
    const own = all.map((_, index) => ({ ...limit, key: `fake/reads/own-${index}` }));
    for (let round = 0; round < 2; round += 1) {
      for (const each of all) {
        each.call();
        await pass(clock, 10);
      }
    }
    for (const [index, each] of all.entries()) each.call(1, 1_000, own[index]);
    // For so long that a process which asked of no shared limit since counts as one alone.
    for (let second = 0; second < 12; second += 1) {
      await pass(clock, 1_000);
      for (const [index, each] of all.entries()) each.call(1, 1_000, own[index]);
    }
    await pass(clock, 1_000);
    const before = sum(all);
    for (const each of all) each.store = "fails";
    for (const each of all) each.call(200);
    await pass(clock, 1_000);
    expect(sum(all) - before).toBeGreaterThanOrEqual(100);
    expect(sum(all) - before).toBeLessThanOrEqual(120);
    const [only] = all as [Process];
    const left = only.left;
    only.call(200, 100, own[0]);
    expect(only.left - left).toBeGreaterThanOrEqual(99);
  });

  it("that a process asks of for the first time without the store is parted among as many as share any", async () => {
    const { clock, all } = processes(4);
    for (let round = 0; round < 2; round += 1) {
      for (const each of all) {
        each.call();
        await pass(clock, 10);
      }
    }
    const before = sum(all);
    for (const each of all) each.store = "fails";
    const unknown = { ...limit, key: "fake/reads/2" };
    for (const each of all) each.call(200, Number.POSITIVE_INFINITY, unknown);
    await pass(clock, 1_000);
    expect(sum(all) - before).toBeGreaterThanOrEqual(100);
    expect(sum(all) - before).toBeLessThanOrEqual(120);
  });

  it("costs one question for many calls where many are made, and holds back a few tokens at the most", async () => {
    const { clock, all } = processes(1);
    const [only] = all as [Process];
    const steady = { ...limit, burst: 1_000, refillPerSecond: 1_000 };
    for (let call = 0; call < 500; call += 1) {
      const ctx = background({ clock });
      const turn = only.limits.enter({ ctx, scope, limits: [steady], patienceMs: Number.POSITIVE_INFINITY });
      if (turn !== undefined) await turn;
      only.limits.sent(clock, steady);
      if (call % 5 === 0) await pass(clock, 10);
    }
    expect(only.takes.length).toBeLessThan(80);
    for (const { most } of only.takes) expect(most).toBeLessThanOrEqual(51);
  });

  it("asks for as few as are needed where few calls are made, so that none are held back from others", async () => {
    const { clock, all } = processes(4);
    for (let second = 0; second < 20; second += 1) {
      for (const each of all) {
        each.call(4);
        await pass(clock, 250);
      }
    }
    expect(sum(all)).toBe(4 * 4 * 20);
    for (const { takes } of all) for (const { most } of takes) expect(most).toBeLessThanOrEqual(4);
  });

  it("tells those who wait only of a quota that is less than was known", async () => {
    const { clock, all } = processes(2);
    const [only] = all as [Process];
    only.call(1);
    await pass(clock, 10);
    only.call(200);
    await pass(clock, 10);
    let told = 0;
    const ctx = background({ clock });
    const waiting = () => {
      told += 1;
    };
    void only.limits.enter({ ctx, scope, limits: [limit], patienceMs: 60_000, waiting });
    const said = (remaining: number) =>
      only.limits.quota(clock, { limits: [limit], observation: { limit: "reads", remaining } });
    said(50);
    said(50);
    expect(told).toBe(1);
    clock.advance(40);
    said(0);
    expect(told).toBe(2);
    only.store = "fails";
    await pass(clock, 200);
    told = 0;
    said(50);
    expect(told).toBe(0);
  });

  it("refuses at once what cannot be in time, by the store's word", async () => {
    const { clock, all } = processes(1);
    const [only] = all as [Process];
    only.call(100);
    await pass(clock, 0);
    only.call(1, 40);
    await pass(clock, 0);
    only.call(1, 40);
    await pass(clock, 0);
    expect(only.refused.at(-1)).toMatchObject({ reason: "ErrThrottled", origin: "kernel" });
    expect(only.refused.at(-1)?.retry.afterMs).toBeGreaterThanOrEqual(40);
  });

  it("slows all processes down when one of them was refused", async () => {
    const { clock, all } = processes(2);
    const [one, other] = all as [Process, Process];
    one.call();
    other.call();
    await pass(clock, 10);
    one.limits.throttled(clock, { limits: [limit], afterMs: 5_000 });
    await pass(clock, 300);
    other.call(10);
    await pass(clock, 4_600);
    expect(other.left).toBe(1);
    await pass(clock, 1_200);
    expect(other.left).toBeGreaterThanOrEqual(10);
  });

  it("tells the store what was sent beyond what was taken", async () => {
    const { clock, all } = processes(1);
    const [only] = all as [Process];
    only.call();
    await pass(clock, 0);
    only.limits.owe(clock, limit);
    only.limits.owe(clock, limit);
    await pass(clock, 0);
    only.call();
    await pass(clock, 0);
    expect(only.takes.reduce((total, { owed }) => total + owed, 0)).toBe(2);
  });
});
