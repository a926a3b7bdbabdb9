import type { CacheOptions } from "../command-options.ts";
import { EXIT_OK } from "../exit-code.ts";
import { plainRow } from "../output/row.ts";
import { plainColumns } from "../plain-columns.ts";
import type { ShellIo } from "../shell-io.ts";
import { openServerCache } from "./server-cache.ts";

const paths = ["entries", "maxEntries", "bytes", "maxBytes", "evicted", "invalidated"];
const outcomes = ["hit", "stale", "miss", "collapsed", "batched", "refreshed"];
const columns = [...paths, ...outcomes.map((outcome) => `outcomes.${outcome}`)].map((path) => ({ title: path, path }));

/** `cloudlink cache stats`: how full a server's cache is, and how often it answered. */
export async function cacheStats(io: ShellIo, options: CacheOptions): Promise<number> {
  const shown = plainColumns(columns, options.fields);
  await using session = await openServerCache(io, options);
  const { connection, ctx, place } = session;
  const { entries, maxEntries, bytes, maxBytes, evicted, invalidated, outcomes } = await connection.cacheStats(ctx, {});
  const record = { entries, maxEntries, bytes, maxBytes, evicted, invalidated, outcomes };
  const writer = await session.writer(shown);
  await writer.one(plainRow(place.server ?? "", { ...record, traceId: ctx.trace?.traceId }));
  return EXIT_OK;
}
