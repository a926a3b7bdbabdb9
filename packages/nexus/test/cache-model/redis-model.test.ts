import { type RedisNode, startRedis } from "@cloudlink/testbed";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { INVARIANTS } from "./invariants.ts";
import { connectRedisWorlds, type RedisWorlds } from "./redis-worlds.ts";
import { runSchedule, type Tally } from "./run-schedule.ts";
import { sharedSchedules } from "./schedule.ts";

const SEED = 5;
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
      if (process.env.TELL) console.log(seen);
      for (const what of ["hits", "followed", "stored", "refused", "failed"]) {
        expect({ what, often: (seen[`shared ${what}`] ?? 0) > SCHEDULES / 50 }).toEqual({ what, often: true });
      }
    },
    STUCK_MS,
  );
});
