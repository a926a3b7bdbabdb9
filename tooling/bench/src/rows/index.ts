import type { Row } from "@cloudlink/measure";
import { economy, freshEconomy } from "./economy.ts";
import { economyInRealTime } from "./economy-in-real-time.ts";
import { invalidation } from "./invalidation.ts";
import { list } from "./list.ts";
import { liveGet } from "./live-get.ts";
import { manyTenants } from "./many-tenants.ts";
import { memoryHit } from "./memory-hit.ts";
import { noisyTenant } from "./noisy-tenant.ts";
import { oneMiss } from "./one-miss.ts";
import { redisHit } from "./redis-hit.ts";
import { serverStart } from "./server-start.ts";
import { startUp } from "./start-up.ts";
import { timeout } from "./timeout.ts";
import { coalescedGets, getMany } from "./twenty-machines.ts";

/** The rows that exist, in the order of the goals. */
export const rows: readonly Row[] = [
  memoryHit,
  redisHit,
  oneMiss,
  invalidation,
  economy,
  freshEconomy,
  economyInRealTime,
  liveGet,
  getMany,
  coalescedGets,
  list,
  noisyTenant,
  startUp,
  serverStart,
  timeout,
  manyTenants,
];
