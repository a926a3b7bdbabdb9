import { type CacheSelection, createScope, parseRef, type Ref, type ResourceChange } from "@cloudlink/core";

/** What is to be forgotten, wherever it is kept. */
export type Invalidation =
  | { readonly type: "selection"; readonly selection: CacheSelection }
  | { readonly type: "change"; readonly change: ResourceChange }
  /** An action was sent: beside being forgotten, the resource's absence is not kept for a while, by nobody. */
  | { readonly type: "action"; readonly ref: Ref };

/** The one resource that it is about, if it is one. */
export function refOf(invalidation: Invalidation): Ref | undefined {
  if (invalidation.type === "selection") return invalidation.selection.ref;
  return invalidation.type === "change" ? invalidation.change.ref : invalidation.ref;
}

/** As a text that other processes can read. */
export function textOfInvalidation(invalidation: Invalidation): string {
  if (invalidation.type === "change") {
    const { ref, occurredAt } = invalidation.change;
    return JSON.stringify({ change: { ref: ref.key, occurredAt } });
  }
  if (invalidation.type === "action") return JSON.stringify({ action: { ref: invalidation.ref.key } });
  const { ref, ...selection } = invalidation.selection;
  return JSON.stringify({ selection: { ...selection, ...(ref !== undefined && { ref: ref.key }) } });
}

/**
 * What such a text says, once it was parsed as JSON.
 *
 * @throws for what is none. Whoever cannot read one, such as one of a later version, has to forget everything.
 */
export function readInvalidation(parsed: unknown): Invalidation {
  const { change, action, selection } = parsed as {
    readonly action?: { readonly ref: string };
    readonly change?: { readonly ref: string; readonly occurredAt: number };
    readonly selection?: Omit<CacheSelection, "ref"> & { readonly ref?: string };
  };
  if (change !== undefined) {
    return { type: "change", change: { ref: parseRef(change.ref), occurredAt: change.occurredAt } };
  }
  if (action !== undefined) return { type: "action", ref: parseRef(action.ref) };
  if (selection === undefined) throw new TypeError("neither a change nor an action nor a selection");
  const { ref, scope, ...rest } = selection;
  return {
    type: "selection",
    selection: {
      ...rest,
      ...(ref !== undefined && { ref: parseRef(ref) }),
      ...(scope !== undefined && { scope: createScope(scope) }),
    },
  };
}
