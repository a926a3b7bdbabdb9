import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_MEAN_MS, type InstanceStateName, type Moment, momentAt } from "./lifecycle.ts";

const living = { kind: "living" } as const;
const keys = fc.integer({ min: 0, max: 0xffff_ffff });
const instants = fc.integer({ min: Date.UTC(1970, 0, 2), max: Date.UTC(2035, 0, 1) });
const DAY_MS = 86_400_000;

const NEXT: Readonly<Partial<Record<InstanceStateName, InstanceStateName>>> = {
  running: "stopping",
  stopping: "stopped",
  stopped: "pending",
  pending: "running",
};

/** The states of a stretch of time, each once, as the moments give them. */
function walk(key: number, fromMs: number, days: number): Moment[] {
  const moments: Moment[] = [];
  for (let at = fromMs; at < fromMs + days * DAY_MS; ) {
    const moment = momentAt({ key, lifecycle: living }, at);
    if (moments.at(-1)?.state !== moment.state) moments.push(moment);
    at = moment.untilMs;
  }
  return moments;
}

describe("a living instance", () => {
  it("is in the same state at the same time, in whatever order the times are asked for", () => {
    fc.assert(
      fc.property(keys, fc.array(instants, { minLength: 2, maxLength: 12 }), (key, times) => {
        const forwards = times.map((at) => momentAt({ key, lifecycle: living }, at));
        const backwards = times.toReversed().map((at) => momentAt({ key, lifecycle: living }, at));
        expect(backwards.toReversed()).toEqual(forwards);
      }),
    );
  });

  it("keeps what a moment says for the whole of its span", () => {
    fc.assert(
      fc.property(keys, instants, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (key, at, part) => {
        const moment = momentAt({ key, lifecycle: living }, at);
        expect(moment.fromMs).toBeLessThanOrEqual(at);
        expect(moment.untilMs).toBeGreaterThan(at);
        const inside = moment.fromMs + Math.floor(part * (moment.untilMs - moment.fromMs - 1));
        expect(momentAt({ key, lifecycle: living }, inside)).toEqual(moment);
      }),
    );
  });

  it("goes through EC2's states in their order only, and rests tens of seconds between", () => {
    fc.assert(
      fc.property(keys, instants, (key, from) => {
        const moments = walk(key, from, 3);
        for (const [index, moment] of moments.entries()) {
          const next = moments[index + 1];
          if (next !== undefined) expect(next.state).toBe(NEXT[moment.state]);
          if (moment.state === "pending" || moment.state === "stopping") {
            expect(moment.untilMs - moment.sinceMs).toBeGreaterThanOrEqual(15_000);
            expect(moment.untilMs - moment.sinceMs).toBeLessThanOrEqual(60_000);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it("was started at or before now, and not after it stopped", () => {
    fc.assert(
      fc.property(keys, instants, (key, at) => {
        const moment = momentAt({ key, lifecycle: living }, at);
        expect(moment.startedAtMs).toBeLessThanOrEqual(at);
        if (moment.state === "stopped") expect(moment.startedAtMs).toBeLessThan(moment.sinceMs);
        else if (moment.state === "running")
          expect(momentAt({ key, lifecycle: living }, moment.startedAtMs).state).toBe("pending");
      }),
    );
  });

  it("changes every two hours in the mean, and runs half of the time", () => {
    const from = Date.UTC(2026, 0, 1);
    const days = 20;
    let changes = 0;
    let running = 0;
    let samples = 0;
    for (let key = 0; key < 60; key++) {
      changes += walk(key * 7919, from, days).filter(({ state }) => state === "running" || state === "stopped").length;
      for (let at = from; at < from + days * DAY_MS; at += 3_600_000, samples++) {
        if (momentAt({ key: key * 7919, lifecycle: living }, at).state === "running") running += 1;
      }
    }
    const meanMs = (60 * days * DAY_MS) / changes;
    expect(meanMs / DEFAULT_MEAN_MS).toBeGreaterThan(0.95);
    expect(meanMs / DEFAULT_MEAN_MS).toBeLessThan(1.05);
    expect(running / samples).toBeGreaterThan(0.45);
    expect(running / samples).toBeLessThan(0.55);
  });
});

describe("a start", () => {
  const states = fc.constantFrom("pending", "running", "stopping", "stopped", "shutting-down", "terminated");
  const lives = fc.oneof(
    states.map((state) => ({ kind: "scripted", steps: [{ fromMs: 0, state }] }) as const),
    fc.record({ first: states, next: states, at: instants }).map(({ first, next, at }) => {
      const steps = [
        { fromMs: 0, state: first },
        { fromMs: at, state: next },
      ] as const;
      return { kind: "scripted", steps } as const;
    }),
    instants.map((fromMs) => ({ kind: "scripted", steps: [{ fromMs, state: "running" }] }) as const),
    fc.double({ min: 1e6, max: 1e13, noNaN: true }).map((meanMs) => ({ kind: "living", meanMs }) as const),
  );
  const part = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it("is at most two years ago and never to come, whatever the life, and holds for the moment's span", () => {
    fc.assert(
      fc.property(keys, lives, instants, part, (key, lifecycle, at, where) => {
        const moment = momentAt({ key, lifecycle }, at);
        expect(moment.startedAtMs).toBeLessThanOrEqual(at);
        expect(moment.startedAtMs).toBeGreaterThan(at - 2 * 365 * DAY_MS);
        expect(moment.sinceMs).toBeLessThanOrEqual(at);
        expect(moment.startedAtMs).toBeLessThanOrEqual(moment.sinceMs);
        expect(moment.fromMs).toBeLessThanOrEqual(at);
        expect(moment.untilMs).toBeGreaterThan(at);
        const until = Math.min(moment.untilMs, at + 10 * 365 * DAY_MS);
        const later = at + Math.floor(where * (until - at - 1));
        expect(momentAt({ key, lifecycle }, later)).toEqual(moment);
      }),
      { numRuns: 500 },
    );
  });

  it("is another for other instances of a state that never changes", () => {
    const lifecycle = { kind: "scripted", steps: [{ fromMs: 0, state: "stopped" }] } as const;
    const starts = Array.from(
      { length: 50 },
      (_, key) => momentAt({ key, lifecycle }, Date.UTC(2026, 0, 1)).startedAtMs,
    );
    expect(new Set(starts).size).toBeGreaterThan(45);
  });
});

describe("a scripted instance", () => {
  it("is in the state of its last step, and before all steps in the first's", () => {
    const lifecycle = {
      kind: "scripted",
      steps: [
        { fromMs: 2_000, state: "stopping" },
        { fromMs: 1_000, state: "running" },
        { fromMs: 3_000, state: "stopped" },
      ],
    } as const;
    const stateAt = (at: number) => momentAt({ key: 1, lifecycle }, at).state;
    expect([0, 999, 1_000, 1_999, 2_000, 3_000, 9e12].map(stateAt)).toEqual([
      "running",
      "running",
      "running",
      "running",
      "stopping",
      "stopped",
      "stopped",
    ]);
  });

  it("says its start was when it became pending", () => {
    const steps = [
      { fromMs: 1_000, state: "pending" },
      { fromMs: 1_500, state: "running" },
    ] as const;
    expect(momentAt({ key: 1, lifecycle: { kind: "scripted", steps } }, 5_000).startedAtMs).toBe(1_000);
  });
});
