import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BrokenInvariant, INVARIANTS } from "./invariants.ts";
import { runSchedule, type Tally } from "./run-schedule.ts";
import { sharedSchedules } from "./schedule.ts";
import { SHARED_FAULTS } from "./shared-faults.ts";
import { createLocalWorld } from "./world.ts";

/** Each seed has its share of the schedules; fast-check names seed and path of one that breaks something, and makes it short. */
const SEEDS = [1, 2, 3, 4];
const SCHEDULES_PER_SEED = 1_000;

/** Nothing waits for time to pass: this is for a machine that has other things to do. */
const STUCK_MS = 600_000;

describe("two kernels that share a store, under 4,000 schedules with words that are lost and requests that fail", () => {
  it.each(SEEDS)(
    `hold every invariant (seed %i): ${Object.keys(INVARIANTS).join(", ")}`,
    async (seed) => {
      const seen: Tally = {};
      const property = fc.asyncProperty(sharedSchedules, async (schedule) => {
        const tally = await runSchedule(schedule, { createWorld: createLocalWorld });
        for (const [what, times] of Object.entries(tally)) seen[what] = (seen[what] ?? 0) + times;
      });
      await fc.assert(property, { seed, numRuns: SCHEDULES_PER_SEED });
      // Everything that a shared cache does was done, again and again.
      for (const [what, times] of Object.entries(seen)) {
        expect({ what, often: what === "shared untold" || times > SCHEDULES_PER_SEED / 50 }).toEqual({
          what,
          often: true,
        });
      }
    },
    STUCK_MS,
  );
});

describe("the same schedules, with a fault put in, find a shared cache that", () => {
  it.each(SHARED_FAULTS)(
    "$what: it breaks $breaks",
    async ({ breaks, wrap }) => {
      const property = fc.asyncProperty(sharedSchedules, async (schedule) => {
        await runSchedule(schedule, { createWorld: createLocalWorld, wrap });
      });
      const [seed = 1] = SEEDS;
      const sought = { seed, numRuns: SCHEDULES_PER_SEED * SEEDS.length, endOnFailure: true };
      const { failed, errorInstance } = await fc.check(property, sought);
      expect(failed).toBe(true);
      expect(errorInstance).toBeInstanceOf(BrokenInvariant);
      expect(breaks).toContain((errorInstance as BrokenInvariant).invariant);
    },
    STUCK_MS,
  );
});
