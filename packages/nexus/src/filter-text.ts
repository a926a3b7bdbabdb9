import type { Filter } from "@cloudlink/core";

/** A filter as a text: the same for filters that ask for the same, in whatever order. */
export function textOfFilter({ where, tags }: Filter): string {
  return JSON.stringify([sorted(where), sorted(tags)]);
}

function sorted(values: Readonly<Record<string, readonly unknown[]>>): readonly (readonly [string, unknown])[] {
  return Object.entries(values).sort(([left], [right]) => (left < right ? -1 : 1));
}
