import { createClient } from "@cloudlink/client";
import { createRefResolver } from "@cloudlink/nexus";
import type { Connection } from "./connection.ts";

/** A server as a connection: whose credentials, accounts and regions there are is its own affair. Nothing is asked of it yet. */
export function connectToServer(url: string): Connection {
  const client = createClient({ url });
  return {
    sharesOperations: true,
    get: (ctx, request) => client.get(ctx, request),
    getMany: (ctx, request) => client.getMany(ctx, request),
    list: (ctx, request) => client.list(ctx, request),
    act: (ctx, request) => client.act(ctx, request),
    dryRun: (ctx, request) => client.dryRun(ctx, request),
    operation: (ctx, request) => client.operation(ctx, request),
    cached: (ctx, request) => client.cached(ctx, request),
    invalidate: (ctx, request) => client.invalidate(ctx, request),
    cacheStats: (ctx, request) => client.cacheStats(ctx, request),
    async catalog(ctx) {
      const [kinds, providers] = await Promise.all([client.kinds(ctx), client.providers(ctx)]);
      const byName = new Map(providers.map((provider) => [provider.metadata.name, provider]));
      const refs = createRefResolver({ current: (name) => byName.get(name), list: () => providers });
      return {
        kinds,
        providers,
        resolveRef: (text) => refs.resolve(text),
        nativeId: (ref) => refs.nativeId(ref),
      };
    },
    close: () => client.close(),
  };
}
