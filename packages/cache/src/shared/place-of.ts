import type { Ref } from "@cloudlink/core";

/**
 * The place of a resource, which a store keeps together: what its ref begins with. Never made of the parts once more: `encodeURIComponent` leaves
 * characters as they are that a ref encodes, and whoever invalidates knows the ref alone.
 */
export function placeOf({ key }: Pick<Ref, "key">): string {
  return key.slice(0, key.lastIndexOf("/"));
}
