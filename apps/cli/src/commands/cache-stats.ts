import type { CacheOptions } from "../command-options.ts";
import { EXIT_OK } from "../exit-code.ts";
import { plainRow } from "../output/row.ts";
import type { Column } from "../output/row-writer.ts";
import { plainColumns } from "../plain-columns.ts";
import type { ShellIo } from "../shell-io.ts";
import { openServerCache } from "./server-cache.ts";

const paths = ["entries", "maxEntries", "bytes", "maxBytes", "evicted", "invalidated"];
const outcomes = ["hit", "stale", "miss", "collapsed", "batched", "refreshed"];
const columns = columnsOf([...paths, ...outcomes.map((outcome) => `outcomes.${outcome}`)]);

const ofShared = ["state", "trouble", "hears", "untold", "hits", "misses", "followed", "stored", "refused", "failed"];
/** Of a server that shares what it keeps with others. */
const sharedColumns = columnsOf(ofShared.map((name) => `shared.${name}`));

function columnsOf(all: readonly string[]): readonly Column[] {
  return all.map((path) => ({ title: path, path }));
}

/** `cloudlink cache stats`: how full a server's cache is, and how often it answered. */
export async function cacheStats(io: ShellIo, options: CacheOptions): Promise<number> {
  const named = plainColumns([...columns, ...sharedColumns], options.fields);
  await using session = await openServerCache(io, options);
  const { connection, ctx, place } = session;
  const stats = await connection.cacheStats(ctx, {});
  const { entries, maxEntries, bytes, maxBytes, evicted, invalidated, outcomes, shared } = stats;
  const record = {
    ...{ entries, maxEntries, bytes, maxBytes, evicted, invalidated, outcomes },
    ...(shared !== undefined && { shared }),
  };
  const isAlone = options.fields === undefined && shared === undefined;
  const writer = await session.writer(isAlone ? columns : named);
  await writer.one(plainRow(place.server ?? "", { ...record, traceId: ctx.trace?.traceId }));
  return EXIT_OK;
}
