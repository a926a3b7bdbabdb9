import {
  background,
  CloudLinkError,
  createScope,
  type LimitGrant,
  type LimitStore,
  type LimitTake,
} from "@cloudlink/core";
import { createLimitStoreDouble, createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import type { CallLimit } from "./call-limits.ts";
import { Limits } from "./limits.ts";

const limit: CallLimit = { key: "fake/reads/1", name: "reads", operations: ["get"], burst: 100, refillPerSecond: 20 };

const scope = createScope({
  ...{ tenant: "t", provider: "fake", partition: "-", account: "1", role: "reader", region: "north" },
});

/** A process that shares limits: what left of its calls, and what it asked of the store. */
interface Process {
  readonly limits: Limits;
  readonly takes: LimitTake[];
  readonly refused: CloudLinkError[];
  left: number;
  /** `"fails"` and `"hangs"` until it is `"answers"` again; `"unread"` while its answers are there as soon as somebody looks into the socket. */
  store: "answers" | "fails" | "hangs" | "unread";
  /** What hangs fails. */
  drop(): void;
  call(count?: number, timeoutMs?: number, charged?: CallLimit): void;
}

function processOf(clock: ManualClock, shared: LimitStore): Process {
  const takes: LimitTake[] = [];
  const hanging = Promise.withResolvers<never>();
  hanging.promise.catch(() => {});
  const answer = async <Given>(ask: () => Promise<Given>): Promise<Given> => {
    if (made.store === "unread") await new Promise((resolve) => setImmediate(resolve));
    if (made.store === "hangs") await hanging.promise;
    if (made.store === "fails") throw new Error("connection lost");
    return await ask();
  };
  const store: LimitStore = {
    take(request) {
      takes.push(request);
      return answer(() => shared.take(request));
    },
    throttled: (word) => answer(() => shared.throttled(word)),
    lower: (word) => answer(() => shared.lower(word)),
  };
  const limits = new Limits({ store });
  const made: Process = {
    ...{ limits, takes, refused: [], left: 0, store: "answers" },
    drop: () => hanging.reject(new Error("connection lost")),
    call(count = 1, timeoutMs = Number.POSITIVE_INFINITY, charged = limit) {
      for (let each = 0; each < count; each += 1) {
        const ctx = background({ clock }).withTimeout(timeoutMs);
        const turn = limits.enter({ ctx, scope, limits: [charged], patienceMs: Number.POSITIVE_INFINITY });
        const go = () => {
          limits.sent(clock, charged);
          made.left += 1;
        };
        if (turn === undefined) go();
        else turn.then(go, (error: CloudLinkError) => made.refused.push(error));
      }
    },
  };
  return made;
}

/** Moves the clock on by steps, so that answers arrive in between. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= 10) {
    clock.advance(Math.min(leftMs, 10));
    await settled();
  }
  await settled();
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Processes, each with its own kernel, that share one store. */
function processes(count: number): { readonly clock: ManualClock; readonly all: readonly Process[] } {
  const clock = createManualClock();
  const double = createLimitStoreDouble({ clock });
  return { clock, all: Array.from({ length: count }, () => processOf(clock, double.store())) };
}

const sum = (all: readonly Process[]) => all.reduce((total, { left }) => total + left, 0);

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
