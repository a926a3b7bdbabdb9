import type { Context } from "../context/context.ts";
import { quote } from "../error/quote.ts";
import type { Kind } from "../kind/kind.ts";
import type { CallOperation } from "../ports/telemetry.ts";
import type {
  ActRequest,
  CachedRequest,
  CacheStatsRequest,
  DryRunRequest,
  GetManyRequest,
  GetRequest,
  InvalidateRequest,
  ListRequest,
  OperationRequest,
} from "./requests.ts";

/** By call. The compiler holds them to the types: a field that is forgotten here does not compile. */
const fields = {
  get: {
    kind: true,
    ref: true,
    maxAgeMs: true,
    staleWhileRevalidateMs: true,
    staleIfErrorMs: true,
    view: true,
    native: true,
  } satisfies Fields<GetRequest<Kind>>,
  getMany: {
    kind: true,
    refs: true,
    maxAgeMs: true,
    staleWhileRevalidateMs: true,
    staleIfErrorMs: true,
    view: true,
  } satisfies Fields<GetManyRequest<Kind>>,
  list: {
    kind: true,
    accounts: true,
    regions: true,
    providers: true,
    where: true,
    tags: true,
    view: true,
    pageSize: true,
    pageToken: true,
    maxAgeMs: true,
  } satisfies Fields<ListRequest<Kind>>,
  act: { kind: true, ref: true, action: true, idempotencyKey: true } satisfies Fields<ActRequest<Kind>>,
  dryRun: { kind: true, ref: true, action: true } satisfies Fields<DryRunRequest<Kind>>,
  operation: { token: true } satisfies Fields<OperationRequest>,
  cached: { kind: true, ref: true } satisfies Fields<CachedRequest<Kind>>,
  invalidate: {
    ref: true,
    kind: true,
    provider: true,
    account: true,
    region: true,
    tags: true,
  } satisfies Fields<InvalidateRequest>,
  cacheStats: {} satisfies Fields<CacheStatsRequest>,
} satisfies Record<CallOperation, object>;

/** Calls about a kind. A token says of which kind its operation is, and what is forgotten may be of any. */
const takesKind: ReadonlySet<CallOperation> = new Set(["get", "getMany", "list", "act", "dryRun", "cached"]);

/** The same as sets: every call looks its fields up, and one that memory answers does little else. */
const fieldNames = Object.fromEntries(
  Object.entries(fields).map(([operation, its]) => [operation, new Set(Object.keys(its))]),
) as unknown as Readonly<Record<CallOperation, ReadonlySet<string>>>;

type Fields<Request> = { readonly [Name in keyof Required<Request>]: true };

/**
 * For what implements `Calls`: why a call lacks what every call needs, in words for its caller, or `undefined`. Callers in JavaScript have
 * no compiler to tell them, and a field that is misspelled would be left aside: a list without its `where` is a list of everything.
 */
export function requestMistake(
  operation: CallOperation,
  { ctx, request }: { readonly ctx: unknown; readonly request: unknown },
): string | undefined {
  if (!isContext(ctx)) return "the context comes first. Make one with background().";
  if (typeof request !== "object" || request === null) return "the request comes second, and there is none.";
  return (takesKind.has(operation) ? kindMistake(request) : undefined) ?? fieldMistake(operation, request);
}

function kindMistake({ kind }: { readonly kind?: Partial<Kind> | string | null }): string | undefined {
  if (typeof kind === "string") return "kind is the kind itself, such as VirtualMachine, and not its name.";
  if (typeof kind !== "object" || kind === null || typeof kind.name !== "string" || !Array.isArray(kind.views)) {
    return "kind is missing, or is none that defineKind made. Give one, such as VirtualMachine.";
  }
  return undefined;
}

function fieldMistake(operation: CallOperation, request: object): string | undefined {
  const known = fieldNames[operation];
  for (const name in request) {
    if (!known.has(name)) return `there is no field ${quote(name)}. There are: ${[...known].join(", ")}.`;
  }
  return undefined;
}

/** Whether something is a context, of this copy of the package or another. */
export function isContext(ctx: unknown): ctx is Context {
  return typeof ctx === "object" && ctx !== null && "throwIfDone" in ctx && "clock" in ctx;
}
