import { type RedisNode, startRedis } from "@cloudlink/testbed";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BrokenInvariant, INVARIANTS } from "./invariants.ts";
import { connectRedisWorlds, type RedisWorlds } from "./redis-worlds.ts";
import { runSchedule, type Tally } from "./run-schedule.ts";
import { sharedSchedules } from "./schedule.ts";
import { SHARED_FAULTS } from "./shared-faults.ts";

/** Of fast-check, which names the path of a schedule that breaks something, and makes it short. */
const SEED = 1;
const SCHEDULES = 300;

/** Nothing waits for time to pass: this is for a machine that has other things to do. */
const STUCK_MS = 600_000;

describe("two kernels that share a Redis, under 300 schedules with words that are lost and requests that fail", () => {
  let server: RedisNode;
  let worlds: RedisWorlds;

  beforeAll(async () => {
    server = await startRedis();
    worlds = await connectRedisWorlds(server.url);
  });
  afterAll(async () => {
    worlds?.[Symbol.dispose]();
    await server?.stop();
  });

  it(
    `hold every invariant: ${Object.keys(INVARIANTS).join(", ")}`,
    async () => {
      const seen: Tally = {};
      const property = fc.asyncProperty(sharedSchedules, async (schedule) => {
        const tally = await runSchedule(schedule, { createWorld: worlds.createWorld });
        for (const [what, times] of Object.entries(tally)) seen[what] = (seen[what] ?? 0) + times;
      });
      await fc.assert(property, { seed: SEED, numRuns: SCHEDULES });
      for (const what of ["hits", "followed", "stored", "refused", "failed"]) {
        expect({ what, often: (seen[`shared ${what}`] ?? 0) > SCHEDULES / 50 }).toEqual({ what, often: true });
      }
    },
    STUCK_MS,
  );

  it.each(SHARED_FAULTS)(
    "would not if a cache $what: that breaks $breaks",
    async ({ breaks, wrap }) => {
      const property = fc.asyncProperty(sharedSchedules, async (schedule) => {
        await runSchedule(schedule, { createWorld: worlds.createWorld, wrap });
      });
      const sought = { seed: SEED, numRuns: SCHEDULES, endOnFailure: true };
      const { failed, errorInstance } = await fc.check(property, sought);
      expect(failed).toBe(true);
      expect(errorInstance).toBeInstanceOf(BrokenInvariant);
      expect(breaks).toContain((errorInstance as BrokenInvariant).invariant);
    },
    STUCK_MS,
  );
});
