import type { Kind } from "@cloudlink/core";
import type { CacheOptions } from "../command-options.ts";
import { kindNamed } from "../connection/connection.ts";
import { EXIT_OK } from "../exit-code.ts";
import { resourceRow } from "../output/row.ts";
import type { Column } from "../output/row-writer.ts";
import { columnsOf } from "../selection.ts";
import type { ShellIo } from "../shell-io.ts";
import { openServerCache } from "./server-cache.ts";

/** `cloudlink cache get <ref>`: what a server keeps of a resource, a row a view. Nothing is an answer, too. */
export async function cacheGet(io: ShellIo, text: string, options: CacheOptions): Promise<number> {
  await using session = await openServerCache(io, options);
  const { connection, ctx, reporter } = session;
  const startedAt = performance.now();
  const catalog = await session.catalog();
  const ref = catalog.resolveRef(text);
  const kind = kindNamed(catalog, ref.kind);
  const columns = await keptColumns(kind, options);
  const states = await connection.cached(ctx, { kind, ref });
  const traceId = ctx.trace?.traceId;
  const writer = await session.writer(columns);
  await writer.rows(states.map((state) => resourceRow(state, (its) => catalog.nativeId(its))));
  await writer.end({ traceId });
  const durationMs = performance.now() - startedAt;
  await reporter.summary({ rows: states.length, problems: 0, durationMs, traceId });
  return EXIT_OK;
}

/** The columns of a resource, the view in front of them: it is what tells one row from the next. */
async function keptColumns(kind: Kind, { output, fields }: CacheOptions): Promise<readonly Column[]> {
  const columns = await columnsOf(kind, {
    form: output,
    fields,
    severalAccounts: false,
    withoutNative: "Native bodies are not kept: ask for one with `cloudlink get <ref> --native`.",
  });
  return fields === undefined ? [{ title: "VIEW", path: "view" }, ...columns] : columns;
}
