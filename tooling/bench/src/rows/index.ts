import type { Row } from "@cloudlink/measure";
import { getMany } from "./get-many.ts";
import { list } from "./list.ts";
import { liveGet } from "./live-get.ts";
import { serverStart } from "./server-start.ts";
import { startUp } from "./start-up.ts";
import { timeout } from "./timeout.ts";

/** The rows that exist, in the order of the goals. */
export const rows: readonly Row[] = [liveGet, getMany, list, startUp, serverStart, timeout];
