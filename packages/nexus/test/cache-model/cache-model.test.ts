import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FAULTS } from "./faults.ts";
import { BrokenInvariant, INVARIANTS } from "./invariants.ts";
import { runSchedule, type Tally } from "./run-schedule.ts";
import { schedules } from "./schedule.ts";

/** Each seed has its share of the schedules; fast-check names seed and path of one that breaks something, and makes it short. */
const SEEDS = [1, 2, 3, 4];
const SCHEDULES_PER_SEED = 2_500;

/** Nothing waits for time to pass: this is for a machine that has other things to do. */
const STUCK_MS = 600_000;

describe("the kernel with its cache, under 10,000 schedules of reads, fills, invalidations, actions and lists", () => {
  it.each(SEEDS)(
    `holds every invariant (seed %i): ${Object.keys(INVARIANTS).join(", ")}`,
    async (seed) => {
      const seen: Tally = {};
      const property = fc.asyncProperty(schedules, async (schedule) => {
        for (const [what, times] of Object.entries(await runSchedule(schedule))) seen[what] = (seen[what] ?? 0) + times;
      });
      await fc.assert(property, { seed, numRuns: SCHEDULES_PER_SEED });
      // A model in which a cache had nothing to do would hold, too.
      expect(Object.keys(seen).sort()).toEqual(["batched", "collapsed", "hit", "miss", "refreshed", "stale"]);
      for (const times of Object.values(seen)) expect(times).toBeGreaterThan(SCHEDULES_PER_SEED / 50);
    },
    STUCK_MS,
  );
});

describe("the same schedules, with a fault put in, find a cache that", () => {
  it.each(FAULTS)(
    "$what: it breaks $breaks",
    async ({ breaks, wrap }) => {
      const property = fc.asyncProperty(schedules, async (schedule) => {
        await runSchedule(schedule, { wrap });
      });
      const [seed = 1] = SEEDS;
      const sought = { seed, numRuns: SCHEDULES_PER_SEED, endOnFailure: true };
      const { failed, errorInstance } = await fc.check(property, sought);
      expect(failed).toBe(true);
      expect(errorInstance).toBeInstanceOf(BrokenInvariant);
      expect(breaks).toContain((errorInstance as BrokenInvariant).invariant);
    },
    STUCK_MS,
  );
});
