import type { Row } from "@cloudlink/measure";
import { actRow } from "./act/act-row.ts";
import { batchRow } from "./batch/batch-row.ts";
import { cancelRows } from "./cancel/cancel-row.ts";
import { httpRow } from "./fuzz/http/http-row.ts";
import { xmlRow } from "./fuzz/xml/xml-row.ts";
import { redisRow } from "./redis/redis-row.ts";
import { tenantsRows } from "./tenants/tenants-row.ts";

/** The drills that exist, in the order of the goals. */
export const drills: readonly Row[] = [redisRow, ...tenantsRows, batchRow, actRow, xmlRow, httpRow, ...cancelRows];
