import { CloudLinkError } from "@cloudlink/core";
import { act, dryRun, operation } from "./actions.ts";
import { cached, cacheStats, invalidate } from "./cache.ts";
import type { Client } from "./client.ts";
import { type ClientSettings, checkSettings } from "./client-settings.ts";
import type { Connection } from "./connection.ts";
import { kind, kinds, providers } from "./descriptions.ts";
import { list } from "./list.ts";
import { get, getMany } from "./reads.ts";

/**
 * Makes a client of the server at `settings.url`. It connects to it with the first call, and keeps nothing that would have to be closed:
 * {@link Client.close} ends what still runs.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a url that is none of HTTP's, or holds credentials or a query; a timeout or bound
 *   that is not positive.
 */
export function createClient(settings: ClientSettings): Client {
  const checked = checkSettings(settings);
  const closing = new AbortController();
  const connection: Connection = { settings: checked, origin: new URL(checked.base).origin, closing: closing.signal };
  const close = async () => closing.abort(closed());
  return {
    get: (ctx, request) => get(connection, ctx, request),
    getMany: (ctx, request) => getMany(connection, ctx, request),
    list: (ctx, request) => list(connection, ctx, request),
    act: (ctx, request) => act(connection, ctx, request),
    dryRun: (ctx, request) => dryRun(connection, ctx, request),
    operation: (ctx, request) => operation(connection, ctx, request),
    cached: (ctx, request) => cached(connection, ctx, request),
    invalidate: (ctx, request) => invalidate(connection, ctx, request),
    cacheStats: (ctx, request) => cacheStats(connection, ctx, request),
    kinds: (ctx) => kinds(connection, ctx),
    kind: (ctx, name) => kind(connection, ctx, name),
    providers: (ctx) => providers(connection, ctx),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function closed(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrCanceled",
    message: "The client was closed. Make a new one to go on.",
    origin: "kernel",
  });
}
