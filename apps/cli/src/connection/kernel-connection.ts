import type { Nexus } from "@cloudlink/nexus";
import type { Catalog, Connection } from "./connection.ts";

/** A kernel in this process as a connection, which closes it. */
export function kernelConnection(
  nexus: Nexus,
  settings: {
    readonly tenant?: string;
    /** Whether it has a token key that other processes have too. */
    readonly sharesOperations: boolean;
  },
): Connection {
  const catalog: Catalog = {
    kinds: nexus.kinds(),
    providers: nexus.providers(),
    resolveRef: (text) => nexus.resolveRef(text),
    nativeId: (ref) => nexus.nativeId(ref),
  };
  return {
    ...settings,
    get: (ctx, request) => nexus.get(ctx, request),
    getMany: (ctx, request) => nexus.getMany(ctx, request),
    list: (ctx, request) => nexus.list(ctx, request),
    act: (ctx, request) => nexus.act(ctx, request),
    dryRun: (ctx, request) => nexus.dryRun(ctx, request),
    operation: (ctx, request) => nexus.operation(ctx, request),
    cached: (ctx, request) => nexus.cached(ctx, request),
    invalidate: (ctx, request) => nexus.invalidate(ctx, request),
    cacheStats: (ctx, request) => nexus.cacheStats(ctx, request),
    catalog: () => Promise.resolve(catalog),
    close: () => nexus.close(),
  };
}
