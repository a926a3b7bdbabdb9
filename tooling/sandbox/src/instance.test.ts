import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SandboxInstance } from "./instance.ts";

const place = { seed: "seed", account: "111111111111", ordinal: 0 };
const AFTER: Readonly<Record<string, string>> = {
  pending: "running",
  running: "running",
  stopping: "stopped",
  stopped: "stopped",
};

const cases = fc.record({
  digits: fc.integer({ min: 0, max: 0xffff_ffff }).map((word) => word.toString(16).padStart(8, "0")),
  nowMs: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) }),
  // From a minute, so that every state is met.
  meanMs: fc.constantFrom(30_000, 600_000, 7_200_000),
  laterMs: fc.integer({ min: 120_000, max: 30 * 86_400_000 }),
});

const made = (on: { digits: string; meanMs: number }) =>
  new SandboxInstance({ id: `i-${on.digits}`, lifecycle: { kind: "living", meanMs: on.meanMs } }, place);

describe("a living instance that is settled", () => {
  it("is now what it would have been, start included, and stays where it was going", () => {
    const met = new Set<string>();
    fc.assert(
      fc.property(cases, ({ nowMs, laterMs, ...on }) => {
        const [free, settled] = [made(on), made(on)];
        settled.settle(nowMs);
        const { state } = free.momentAt(nowMs);
        met.add(state);
        expect(settled.truthAt(nowMs)).toEqual(free.truthAt(nowMs));
        expect(settled.momentAt(nowMs + laterMs).state).toBe(AFTER[state]);
        expect(settled.hasRunBy(nowMs)).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect([...met].sort()).toEqual(Object.keys(AFTER).sort());
  });

  it("a script goes on as it was written", () => {
    const steps = [
      { fromMs: 0, state: "running" },
      { fromMs: 2000, state: "terminated" },
    ] as const;
    const instance = new SandboxInstance({ lifecycle: { kind: "scripted", steps } }, place);
    instance.settle(1000);
    expect(instance.momentAt(2000).state).toBe("terminated");
  });
});
