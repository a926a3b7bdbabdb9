import { CloudLinkError, type Context, createTraceId, type Kind, quote } from "@cloudlink/core";
import type {
  ActRequest,
  DryRunRequest,
  GetManyRequest,
  GetRequest,
  ListRequest,
  OperationRequest,
} from "@cloudlink/core/calls";
import type { Kernel } from "./kernel.ts";
import type { CallSubject } from "./kernel-call.ts";

/**
 * Checks that a call has what every call needs, before anything is made of it: callers in JavaScript have no compiler to tell them.
 *
 * @throws `invalid_argument` (`ErrInvalidRequest`). Telemetry hears nothing of it: without a context there is no call.
 */
export function checkEntrance(
  kernel: Kernel,
  entrance: { readonly operation: CallSubject["operation"]; readonly ctx: Context; readonly request: unknown },
): void {
  const { operation, ctx, request } = entrance;
  const wrong =
    whatIsWrong(operation, { ctx, request: request as Entry }) ?? unknownField(request as object, operation);
  if (wrong === undefined) return;
  const trace = isContext(ctx) ? (ctx.trace ?? kernel.telemetry.currentTrace()) : undefined;
  throw new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: `${operation}(ctx, request): ${wrong}`,
    origin: "caller",
    operation,
    traceId: trace?.traceId ?? createTraceId(),
  });
}

/** What a request may turn out to be. */
interface Entry {
  readonly kind?: { readonly name?: unknown; readonly views?: unknown; readonly filters?: unknown } | null;
}

function whatIsWrong(
  operation: CallSubject["operation"],
  { ctx, request }: { readonly ctx: unknown; readonly request: Entry | null | undefined },
): string | undefined {
  if (!isContext(ctx)) return "the context comes first. Make one with background().";
  if (typeof request !== "object" || request === null) return "the request comes second, and there is none.";
  // A token says of which kind its operation is.
  if (operation === "operation") return undefined;
  const { kind } = request;
  if (typeof kind === "string") return "kind is the kind itself, such as VirtualMachine, and not its name.";
  if (typeof kind !== "object" || kind === null || typeof kind.name !== "string" || !Array.isArray(kind.views)) {
    return "kind is missing, or is none that defineKind made. Give one, such as VirtualMachine.";
  }
  return undefined;
}

/** By operation. The compiler holds them to the types: a field that is forgotten here does not compile. */
const fields = {
  get: { kind: true, ref: true, maxAgeMs: true, view: true, native: true } satisfies Fields<GetRequest<Kind>>,
  getMany: { kind: true, refs: true, maxAgeMs: true, view: true } satisfies Fields<GetManyRequest<Kind>>,
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
  } satisfies Fields<ListRequest<Kind>>,
  act: { kind: true, ref: true, action: true, idempotencyKey: true } satisfies Fields<ActRequest<Kind>>,
  dryRun: { kind: true, ref: true, action: true } satisfies Fields<DryRunRequest<Kind>>,
  operation: { token: true } satisfies Fields<OperationRequest>,
};

type Fields<Request> = { readonly [Name in keyof Required<Request>]: true };

/** A field that is misspelled would be left aside: a list without its `where` is a list of everything. */
function unknownField(request: object, operation: CallSubject["operation"]): string | undefined {
  const known = fields[operation];
  for (const name in request) {
    if (!Object.hasOwn(known, name))
      return `there is no field ${quote(name)}. There are: ${Object.keys(known).join(", ")}.`;
  }
  return undefined;
}

function isContext(ctx: unknown): ctx is Context {
  return typeof ctx === "object" && ctx !== null && "throwIfDone" in ctx && "clock" in ctx;
}

/** @throws `invalid_argument` (`ErrInvalidRequest`) for what is no list of texts; a text is none, though it has an `includes` too. */
export function checkTexts(name: string, given: unknown): void {
  if (Array.isArray(given) && given.every((each) => typeof each === "string")) return;
  throw new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: `${name} is a list of texts. Write one in brackets, too.`,
    origin: "caller",
  });
}
