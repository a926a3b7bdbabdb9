import { CloudLinkError, type Context, createTraceId, isRef, type Kind, quote } from "@cloudlink/core";
import type {
  ActRequest,
  DryRunRequest,
  GetManyRequest,
  GetRequest,
  ListRequest,
  OperationRequest,
  RefLike,
} from "@cloudlink/core/calls";

/** By call. The compiler holds them to the types: a field that is forgotten here does not compile. */
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

/**
 * Checks what a server does not get to see, as the kernel does: callers in JavaScript have no compiler to tell them, and a field that is
 * misspelled would be left aside: a list without its `where` is a list of everything.
 *
 * @throws `invalid_argument` (`ErrInvalidRequest`).
 */
export function checkRequest(operation: keyof typeof fields, ctx: Context, request: unknown): void {
  const wrong = whatIsWrong(operation, ctx, request);
  if (wrong !== undefined) throw refusal(ctx, { operation, message: `${operation}(ctx, request): ${wrong}` });
}

/** @throws `invalid_argument` (`ErrInvalidRequest`) for what is no context. */
export function checkContext(operation: string, ctx: unknown): asserts ctx is Context {
  if (isContext(ctx)) return;
  throw refusal(undefined, {
    operation,
    message: `${operation}: the context comes first. Make one with background().`,
  });
}

function whatIsWrong(operation: keyof typeof fields, ctx: unknown, request: unknown): string | undefined {
  if (!isContext(ctx)) return "the context comes first. Make one with background().";
  if (typeof request !== "object" || request === null) return "the request comes second, and there is none.";
  const known = fields[operation];
  for (const name in request) {
    if (!Object.hasOwn(known, name)) {
      return `there is no field ${quote(name)}. There are: ${Object.keys(known).join(", ")}.`;
    }
  }
  if (operation === "operation") return undefined;
  const { kind } = request as { readonly kind?: Partial<Kind> | string | null };
  if (typeof kind === "string") return "kind is the kind itself, such as VirtualMachine, and not its name.";
  if (typeof kind !== "object" || kind === null || typeof kind.name !== "string" || !Array.isArray(kind.views)) {
    return "kind is missing, or is none that defineKind made. Give one, such as VirtualMachine.";
  }
  return undefined;
}

/** A ref as it is sent: its own text, or the vendor's id as it was given. @throws `invalid_argument` (`ErrInvalidRef`). */
export function refText(ref: RefLike): string {
  if (isRef(ref)) return ref.key;
  // What is no Unicode would be sent as another text.
  if (typeof ref === "string" && ref.isWellFormed()) return ref;
  throw new CloudLinkError({
    reason: "ErrInvalidRef",
    message: `${quote(ref)} is not a ref. Give one, its text, or an id of the vendor's own such as an ARN.`,
    origin: "caller",
  });
}

/** The error of a request that is not sent. */
export function invalidRequest(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidRequest", message, origin: "caller" });
}

function refusal(
  ctx: unknown,
  { operation, message }: { readonly operation: string; readonly message: string },
): CloudLinkError {
  const traceId = (isContext(ctx) ? ctx.trace?.traceId : undefined) ?? createTraceId();
  return invalidRequest(message).with({ operation, traceId });
}

function isContext(ctx: unknown): ctx is Context {
  return typeof ctx === "object" && ctx !== null && "throwIfDone" in ctx && "clock" in ctx;
}
