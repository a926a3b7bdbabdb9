import {
  type CacheSelection,
  CloudLinkError,
  type Context,
  type Kind,
  quote,
  type ResourceState,
  type ValueOf,
} from "@cloudlink/core";
import type { CachedRequest, CacheStats, CacheStatsRequest, InvalidateRequest } from "@cloudlink/core/calls";
import { seenKept, stateOf } from "./answer.ts";
import { callTarget } from "./call-target.ts";
import { checkEntrance } from "./entrance.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { checkPermission } from "./permission-check.ts";
import { unknownProvider } from "./ref-resolver.ts";

/** See {@link Calls.cached}. */
export async function cached<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: CachedRequest<K>,
): Promise<readonly ResourceState<ValueOf<K>>[]> {
  checkEntrance(kernel, { operation: "cached", ctx, request });
  const { kind } = request;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "cached", kind: kind.name });
  return await told(call, async () => {
    const ref = kernel.refs.resolve(request.ref);
    const { scope } = await callTarget(kernel, { call, kind, ref, action: "get" });
    const nowMs = ctx.clock.monotonicMs();
    const states = kernel.cache
      .namespace({ scope, kind })
      .kept(ref)
      .flatMap((entry) => {
        if (entry.observation === undefined) return [];
        return stateOf(seenKept(entry.observation, { entry, nowMs, refreshing: false }));
      });
    return states as readonly ResourceState<ValueOf<K>>[];
  });
}

/** See {@link Calls.invalidate}. */
export async function invalidate(
  kernel: Kernel,
  ctx: Context,
  request: InvalidateRequest,
): Promise<{ readonly invalidated: number }> {
  checkEntrance(kernel, { operation: "invalidate", ctx, request });
  const { ref, kind, provider, account, region, tags } = request;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "invalidate", kind: kind ?? "*" });
  return await told(call, async () => {
    if (tags !== undefined) checkTags(tags);
    // What is not said stands for anything.
    checkPermission(kernel, {
      ctx,
      action: "invalidate",
      kind: kind ?? "*",
      target: { provider: provider ?? "*", partition: "*", account: account ?? "*" },
    });
    // A name that is misspelt would forget nothing, and say nothing of it.
    if (kind !== undefined) checkKindName(kernel, kind);
    if (provider !== undefined && kernel.providers.current(provider) === undefined) {
      throw unknownProvider(kernel.providers, provider);
    }
    const selection: CacheSelection = {
      tenant: ctx.tenant,
      ...(ref !== undefined && { ref: kernel.refs.resolve(ref) }),
      ...(kind !== undefined && { kind }),
      ...(provider !== undefined && { provider }),
      ...(account !== undefined && { account }),
      ...(region !== undefined && { region }),
      ...(tags !== undefined && { tags }),
    };
    return { invalidated: await kernel.cache.invalidate(selection) };
  });
}

function checkTags(tags: unknown): void {
  const isRecord = typeof tags === "object" && tags !== null && !Array.isArray(tags);
  if (isRecord && Object.values(tags).every((value) => typeof value === "string")) return;
  throw new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: "tags has the name of each tag with its value, a text.",
    origin: "caller",
  });
}

function checkKindName(kernel: Kernel, name: string): void {
  const known = kernel.providers.list().flatMap(({ kinds }) => kinds.map(({ kind }) => kind.name));
  if (known.includes(name)) return;
  throw new CloudLinkError({
    reason: "ErrUnknownKind",
    message: `No provider has the kind ${quote(name)}. There are: ${[...new Set(known)].join(", ")}.`,
    origin: "caller",
  });
}

/** See {@link Calls.cacheStats}. */
export async function cacheStats(kernel: Kernel, ctx: Context, request: CacheStatsRequest): Promise<CacheStats> {
  checkEntrance(kernel, { operation: "cacheStats", ctx, request });
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "cacheStats", kind: "*" });
  return await told(call, async () => ({ ...kernel.cache.use(), outcomes: { ...kernel.notes.outcomes } }));
}

/** Does the work of a call, and tells telemetry how it ended. */
async function told<Result>(call: KernelCall, work: () => Promise<Result>): Promise<Result> {
  try {
    call.ctx.throwIfDone();
    const result = await work();
    call.ended({});
    return result;
  } catch (error) {
    const failure = call.failure(error);
    call.ended({ error: failure });
    throw failure;
  }
}
