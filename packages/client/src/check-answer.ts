import { isRef, type Kind, type OperationRecord, parseRef, type Ref } from "@cloudlink/core";
import type { RefLike } from "@cloudlink/core/calls";
import { FormError } from "./read/form.ts";

// An answer about something else than was asked for is none, whatever between here and the server mixed them up.

/** The canonical ref of the resource, where the caller gave one or its text: what a vendor's own id stands for, the server knows. */
export function keyOf(ref: RefLike): string | undefined {
  if (isRef(ref)) return ref.key;
  try {
    return parseRef(ref).key;
  } catch {
    return undefined;
  }
}

/** @throws FormError for an answer about another resource, or one of another kind. */
export function checkRef(
  answer: { readonly ref: Ref },
  asked: { readonly ref: RefLike | undefined; readonly kind: Kind },
): void {
  const key = asked.ref === undefined ? undefined : keyOf(asked.ref);
  if (key !== undefined && answer.ref.key !== key) throw new FormError("about the resource that was asked for");
  checkKind(answer, asked.kind);
}

/** @throws FormError for a resource of another kind. */
export function checkKind({ ref }: { readonly ref: Ref }, kind: Kind): void {
  if (ref.kind !== kind.name) throw new FormError("of the kind that was asked for");
}

/** @throws FormError for an operation that is another action, or of another wish. */
export function checkWish(
  answer: Pick<OperationRecord, "action" | "idempotencyKey">,
  asked: { readonly action: string; readonly idempotencyKey?: string | undefined },
): void {
  checkAction(answer, asked.action);
  if (asked.idempotencyKey !== undefined && answer.idempotencyKey !== asked.idempotencyKey) {
    throw new FormError("the answer to this idempotency key");
  }
}

/** @throws FormError for another action. */
export function checkAction(answer: { readonly action: string }, action: string): void {
  if (answer.action !== action) throw new FormError("about the action that was asked for");
}
