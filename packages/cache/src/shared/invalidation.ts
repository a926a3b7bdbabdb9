import { type CacheSelection, createScope, parseRef, type ResourceChange } from "@cloudlink/core";

/** What is to be forgotten, wherever it is kept. */
export type Invalidation =
  | { readonly type: "selection"; readonly selection: CacheSelection }
  | { readonly type: "change"; readonly change: ResourceChange };

/** The one resource that it is about, if it is one. */
export function refOf(invalidation: Invalidation) {
  return invalidation.type === "change" ? invalidation.change.ref : invalidation.selection.ref;
}

/** As a text that other processes can read. */
export function textOfInvalidation(invalidation: Invalidation): string {
  if (invalidation.type === "change") {
    const { ref, occurredAt } = invalidation.change;
    return JSON.stringify({ change: { ref: ref.key, occurredAt } });
  }
  const { ref, ...selection } = invalidation.selection;
  return JSON.stringify({ selection: { ...selection, ...(ref !== undefined && { ref: ref.key }) } });
}

/**
 * @throws for a text that is none. Whoever cannot read one, such as one of a later version, has to forget everything.
 */
export function parseInvalidation(text: string): Invalidation {
  const { change, selection } = JSON.parse(text) as {
    readonly change?: { readonly ref: string; readonly occurredAt: number };
    readonly selection?: Omit<CacheSelection, "ref"> & { readonly ref?: string };
  };
  if (change !== undefined) {
    return { type: "change", change: { ref: parseRef(change.ref), occurredAt: change.occurredAt } };
  }
  if (selection === undefined) throw new TypeError("neither a change nor a selection");
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
